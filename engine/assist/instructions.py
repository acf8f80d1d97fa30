"""The instruction for each task: CodeGeeX4's own system prompt for models that know it, and a plain sentence."""

from __future__ import annotations

from engine.assist.tasks import AssistRequest, AssistTask, Reference
from engine.context.secrets import masked
from engine.languages import Language
from engine.model.folder import ModelDescription
from engine.prompt.chat import code_block
from engine.prompt.system_prompts import Task, system_prompt

# The system prompts CodeGeeX4 was trained with. There are none for commit messages and edits: these are questions.
_TRAINED = {
    AssistTask.ASK: Task.CHAT,
    AssistTask.EXPLAIN: Task.EXPLANATION,
    AssistTask.COMMENT: Task.COMMENTS,
    AssistTask.DOCUMENT: Task.COMMENTS,
    AssistTask.TRANSLATE: Task.TRANSLATION,
    AssistTask.FIX: Task.FIXING,
    AssistTask.TESTS: Task.TESTS,
    AssistTask.EDIT: Task.CHAT,
    AssistTask.COMMIT: Task.CHAT,
}
_INSTRUCTIONS: dict[AssistTask, tuple[str, str]] = {
    AssistTask.EXPLAIN: (
        "Explain this {language} code: what it does, how it does it, and what to mind.",
        "请解释这段 {language} 代码：它做什么、如何实现、有哪些注意事项。",
    ),
    AssistTask.COMMENT: (
        (
            "Add comments in English to this {language} code, line by line where a reader needs them. Change nothing"
            " but comments. Answer with the whole code in one block."
        ),
        "请用中文为这段 {language} 代码逐行添加注释。除注释外不要改动任何内容，用一个代码块输出完整代码。",
    ),
    AssistTask.DOCUMENT: (
        (
            "Write doc comments in English for what this {language} code declares, in the form usual for {language}."
            " Change nothing but comments. Answer with the whole code in one block."
        ),
        (
            "请用中文为这段 {language} 代码中的声明编写文档注释，采用 {language} 的惯用格式。"
            "除注释外不要改动任何内容，用一个代码块输出完整代码。"
        ),
    ),
    AssistTask.FIX: (
        "The problem to fix: {question}\nAnswer with the whole of this code, fixed, in one block, without explanation.",
        "需要修复的问题：{question}\n请用一个代码块输出修复后的完整代码，不要解释。",
    ),
    AssistTask.TESTS: (
        "Write unit tests for this {language} code. Answer with the whole test file in one block.",
        "请为这段 {language} 代码编写单元测试，用一个代码块输出完整的测试文件。",
    ),
    AssistTask.EDIT: (
        (
            "{question}\nChange this code accordingly. Answer with the whole of it, changed, in one block, without"
            " explanation."
        ),
        "{question}\n请据此修改这段代码，用一个代码块输出修改后的完整代码，不要解释。",
    ),
    AssistTask.COMMIT: (
        (
            "Write the commit message for this diff: a summary in the imperative of at most 72 characters and, where it"
            " needs saying, a blank line and why. Answer with the message alone."
        ),
        "请为以下差异编写提交信息：第一行为不超过 50 个字的概要，必要时空一行再说明原因。只输出提交信息。",
    ),
}


def system_of(request: AssistRequest, description: ModelDescription) -> str:
    """Return the system prompt for a task, "" for a model that was not trained with CodeGeeX4's."""
    if description.translation != "codegeex4":
        return ""
    return system_prompt(_TRAINED[request.task], request.words)


def question_of(
    request: AssistRequest,
    description: ModelDescription,
    language: Language,
    code: str,
    references: tuple[Reference, ...],
) -> str:
    """Return the text of the user's turn: references, the code, and the instruction or question."""
    shown = "".join(_shown(reference, description) for reference in reversed(references))  # the best comes last
    if request.task is AssistTask.ASK:
        return shown + request.question
    english, chinese = _INSTRUCTIONS[request.task]
    # A compiler quotes what it complains about; the user may not have read it.
    question = masked(request.question) if request.task is AssistTask.FIX else request.question
    instruction = (chinese if request.words == "zh" else english).format(
        language=language.name or language.id, question=question.strip()
    )
    # The diff and the code come first: models follow an instruction best if it is the last thing they read.
    return f"{shown}{code_block(code, 'diff' if request.task is AssistTask.COMMIT else language.id)}\n{instruction}"


def _shown(reference: Reference, description: ModelDescription) -> str:
    """Return one reference in the form CodeGeeX4 was trained with, or in a form that any model can read."""
    if description.translation == "codegeex4":
        return f"###PATH: {reference.path}\n{reference.text}\n"
    where = f"{reference.path}, {reference.start_line + 1}-{reference.end_line}:"
    return f"{where}\n{code_block(reference.text, reference.language)}\n"
