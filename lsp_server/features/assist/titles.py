"""The commands, and what users read of them, in English and Chinese."""

from __future__ import annotations

from engine.assist.tasks import AssistTask
from engine.prompt.system_prompts import HumanLanguage

COMMANDS = {
    AssistTask.ASK: "codegeex.ask",
    AssistTask.EXPLAIN: "codegeex.explain",
    AssistTask.COMMENT: "codegeex.comment",
    AssistTask.DOCUMENT: "codegeex.document",
    AssistTask.TRANSLATE: "codegeex.translate",
    AssistTask.FIX: "codegeex.fix",
    AssistTask.TESTS: "codegeex.tests",
    AssistTask.EDIT: "codegeex.edit",
    AssistTask.COMMIT: "codegeex.commitMessage",
}
GENERATE = "codegeex.generate"
_TITLES = {
    AssistTask.ASK: ("Ask", "提问"),
    AssistTask.EXPLAIN: ("Explain", "解释代码"),
    AssistTask.COMMENT: ("Add comments", "添加注释"),
    AssistTask.DOCUMENT: ("Add doc comments", "添加文档注释"),
    AssistTask.TRANSLATE: ("Translate to another language", "翻译成其他编程语言"),
    AssistTask.FIX: ("Fix", "修复"),
    AssistTask.TESTS: ("Write unit tests", "生成单元测试"),
    AssistTask.EDIT: ("Edit", "修改"),
    AssistTask.COMMIT: ("Write the commit message", "生成提交信息"),
}
_SENTENCES = {
    "changed": (
        "{path} has changed since the request: nothing was changed. Try again.",
        "{path} 在生成回答期间已被修改，未应用任何更改。请重试。",
    ),
    "closed": ("{path} is no longer open: nothing was changed.", "{path} 已关闭，未应用任何更改。"),
    "refused": ("The editor rejected the edit: {reason}", "编辑器未接受更改：{reason}"),
    "no_comment": ("No comment ends at the cursor.", "光标处没有注释结尾。"),
    "no_code": ("The model suggests nothing for this comment.", "模型没有为此注释给出代码。"),
    "apply": ("Apply", "应用"),
    "discard": ("Discard", "放弃"),
    "not_applied": ("The edit was not made.", "未应用修改。"),
    "choose_target": ("Translate to which language?", "翻译成哪种编程语言？"),
}


def generate_title(words: HumanLanguage) -> str:
    """Return what `GENERATE` is called in menus."""
    return "CodeGeeX: " + ("根据注释生成代码" if words == "zh" else "Generate from comment")


def title_of(task: AssistTask, words: HumanLanguage) -> str:
    """Return what a task is called in menus and progress."""
    return f"CodeGeeX: {_TITLES[task][words == 'zh']}"


def sentence(key: str, words: HumanLanguage, **filled: object) -> str:
    """Return one of the sentences above with its fields filled in."""
    return _SENTENCES[key][words == "zh"].format(**filled)
