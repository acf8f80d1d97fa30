"""The engine's own sentences for users, in their language, and how a question shows which language that is."""

from __future__ import annotations

import re

from engine.prompt.system_prompts import HumanLanguage

HAN = re.compile(r"[\u3400-\u9fff]")
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
NOT_PROSE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|#\w+:\S+|@\w+", re.DOTALL)
MAX_JUDGED_CHARS = 4000

_SENTENCES: dict[str, tuple[str, str]] = {
    "cannot_converse": (
        ("The model {name} completes code but does not converse: instead of an answer, these are the places in the"
        " workspace that best match your question; for answers choose a chat model, such as CodeGeeX4, in"
        " codegeex.model, or name a server in codegeex.chat.remote.url."),
        ("模型 {name} 只能补全代码，不能对话：以下并非回答，而是工作区中与问题最匹配的位置；"
        "如需回答，请在 codegeex.model 中选择能对话的模型（例如 CodeGeeX4），"
        "或在 codegeex.chat.remote.url 中指定服务器。"),
    ),
    "cannot_converse_nothing": (
        ("The model {name} completes code but does not converse, and nothing in the workspace matches your question;"
        " for answers choose a chat model, such as CodeGeeX4, in codegeex.model, or"
        " name a server in codegeex.chat.remote.url."),
        ("模型 {name} 只能补全代码，不能对话，工作区中也没有与问题匹配的内容；"
        "如需回答，请在 codegeex.model 中选择能对话的模型（例如 CodeGeeX4），"
        "或在 codegeex.chat.remote.url 中指定服务器。"),
    ),
    "cannot_do": (
        ("The model {name} cannot do this (it can: {can}): choose a model that can {needed}, such as {models},"
        " in codegeex.model."),
        "模型 {name} 无法完成此任务（它能做：{can}）。请在 codegeex.model 中选择支持 {needed} 的模型，例如 {models}。",
    ),
    "no_question": ("The question is empty. Type a question.", "问题为空，请输入问题。"),
    "no_code": ("There is no code to work on. Select some code, or open a file.", "没有可处理的代码：请选中代码。"),
    "no_instruction": ("The instruction is empty. Say what to change.", "请说明要修改什么：指令为空。"),
    "no_target": ("No target language is set. Choose one.", "请指定要翻译成的编程语言。"),
    "same_language": ("The code is already in {language}.", "代码已经是 {language}。"),
    "no_diff": ("Nothing is staged. Stage changes with `git add` first.", "没有暂存的更改：请先用 git add 暂存。"),
    "too_long": (
        "The text has {tokens} tokens, too many for the model {name}, which can take {room}. Select less.",
        "内容过长：共 {tokens} 个 token，模型 {name} 只能处理 {room} 个。请减少选中的内容。",
    ),
    "history_dropped": ("Left out because of their length: the {count} oldest turns of the conversation.",
                        "因长度限制，省略了对话中最早的 {count} 轮。"),
    "sources_dropped": ("Left out because of their length: {names}.", "因长度限制，省略了：{names}。"),
    "source_cut": ("Only lines {start}–{end} of {path} are included, because of its length.",
                   "因长度限制，仅包含部分内容：{path} 第 {start}–{end} 行。"),
    "diff_cut": ("The diff was shortened. Left out: {names}.", "差异过长，已截断；未包含：{names}。"),
    "diff_hidden": ("Not shown to the model: {names}.", "未提供给模型：{names}。"),
    "not_sent": ("{path} is not sent to the server of the model {name}: {reason}.",
                 "{path} 不会发送到模型 {name} 的服务器：{reason}。"),
    "not_found": ("Not found in the workspace: {mention}.", "工作区中未找到：{mention}。"),
    "nothing_selected": ("#selection: nothing is selected.", "#selection：没有选中内容。"),
    "cut_off": ("The answer reached the limit of {count} tokens and is cut off.",
                "回答达到 {count} 个 token 的上限，已被截断。"),
    "broken_off": ("The answer is incomplete: {fault}.", "回答不完整：{fault}。"),
    "answer_no_code": ("The answer contains no code.", "回答中没有代码。"),
    "several_blocks": (
        "The answer has several blocks of code, and another one may be meant. Check the edit.",
        "回答中有多个代码块，所选的可能不是想要的那一个：请检查修改内容。",
    ),
    "lost": ("The result no longer declares {names}. Check the edit.", "结果中不再有 {names} 的声明：请检查修改内容。"),
    "doubled": (
        "The result has {names} twice: the answer may hold more than what was selected. Check the edit.",
        "结果中 {names} 出现了两次：回答可能超出了所选范围，请检查修改内容。",
    ),
    "other_language": ("The code in the answer is {found}, not {wanted}.", "回答中的代码是 {found}，而不是 {wanted}。"),
    "is_diff": ("The answer is a diff, not the code itself.", "回答是差异（diff），而不是代码本身。"),
    "repeats_itself": ("The answer repeated itself and was stopped.", "回答陷入重复，已停止生成。"),
    "message_empty": ("The answer contains no commit message.", "回答中没有提交信息。"),
    "message_is_diff": ("The answer is a diff, not a commit message.", "回答是差异（diff），而不是提交信息。"),
    "message_too_long": ("The answer is too long for a commit message.", "回答过长，不像提交信息。"),
    "message_open": ("The answer ends inside a block of code: it is no complete commit message.",
                     "回答在代码块中中断，不是完整的提交信息。"),
    "does_not_parse": ("Line {line} of the result is not valid {language}: {text}",
                       "结果第 {line} 行不符合 {language} 语法：{text}"),
    "more_than_comments": ("The result changes more than comments: in line {line}, {before} became {after}.",
                           "改动不止于注释：结果第 {line} 行，{before} 变成了 {after}。"),
    "unprovable": ("It cannot be proven for {language} that only comments changed. Check the edit.",
                   "无法证明 {language} 的改动仅限于注释：请检查修改内容。"),
    "swallowed": ("The result ends in a comment, which would turn the rest of its line into a comment: {text}",
                  "结果以注释结尾，该行后面的代码会变成注释：{text}"),
    "does_not_compile": ("{compiler} does not accept the result: {message}", "{compiler} 无法编译结果：{message}"),
    "repair": (
        "That is not right: {fault}\nAnswer again with the whole code in one block, without explanation.",
        "上面的代码有误：{fault}\n请重新给出完整代码，只输出一个代码块，不要解释。",
    ),
    "at_line": ("line {line}: {message}", "第 {line} 行：{message}"),
    "because_selected": ("selected", "选中的代码"),
    "because_open_here": ("the file being edited", "当前文件"),
    "because_open": ("another open file", "已打开的文件"),
    "because_mentioned": ("mentioned", "问题中提到"),
    "because_matching": ("matches the question", "与问题匹配"),
    "because_declares": ("declares {name}", "声明了 {name}"),
}  # fmt: skip


def sentence(key: str, words: HumanLanguage, **filled: object) -> str:
    """Return a sentence of the table above."""
    english, chinese = _SENTENCES[key]
    return (chinese if words == "zh" else english).format(**filled)


def language_of_question(question: str) -> HumanLanguage:
    """Return the language of a question: the one with more words; a Chinese word has some two characters.

    Names of code, which are English in both, are in backquotes or are fewer than the words around them.
    """
    prose = without_code(question)
    return "zh" if len(HAN.findall(prose)) >= max(1, len(LATIN_WORD.findall(prose))) else "en"


def without_code(question: str) -> str:
    """Return the prose of a question: no code blocks, no backquoted names, no mentions."""
    return NOT_PROSE.sub(" ", question[:MAX_JUDGED_CHARS])
