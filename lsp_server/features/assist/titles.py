"""What people read: the commands' names, in English and Chinese."""

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
        "{path} has changed since the answer was asked for: nothing was changed. Ask again.",
        "{path} 在生成回答期间已被修改，未应用任何更改。请重试。",
    ),
    "closed": ("{path} is no longer open: nothing was changed.", "{path} 已关闭，未应用任何更改。"),
    "refused": ("The editor did not take the edit: {reason}", "编辑器未接受更改：{reason}"),
    "choose_target": ("Translate to which language?", "翻译成哪种编程语言？"),
}


def title_of(task: AssistTask, words: HumanLanguage) -> str:
    return f"CodeGeeX: {_TITLES[task][words == 'zh']}"


def sentence(key: str, words: HumanLanguage, **filled: object) -> str:
    return _SENTENCES[key][words == "zh"].format(**filled)
