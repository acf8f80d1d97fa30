"""The formats of conversations, verbatim to what each family was trained on. `model.toml` has `chat_template`.

Sources: CodeGeeX4's guides, ChatGLM3's PROMPT.md, `build_prompt` of ChatGLM2, CodeGeeX2's evaluation, the published
chat templates of Qwen, Llama 3, Zephyr, Phi-3, Granite and DeepSeek-R1, DeepSeek-Coder's README, `chat_completion` of
Code Llama, mistral-common, Gemma's formatting guide, CodeFuse's evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from engine.model.folder import ModelDescription
from engine.prompt.layout import Part, Writer
from engine.types import ModelError

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Turn:
    """One message of a conversation. A system turn tells the model how to behave; it comes first, if at all."""

    role: Role
    text: str


@dataclass(frozen=True)
class ChatFormat:
    """The parts of a conversation in the notation of `engine.prompt.layout`.

    In it `{text}` is the turn's, and `{round}` counts questions from 1.
    """

    user: str
    assistant: str
    answer: str = ""  # after the last turn, asks for the answer
    opening: str = "<begin>"  # before the first turn
    system: str = ""  # "" for a family without system turns: their text begins a question
    system_in_user: tuple[str, str] = ("", "\n\n")  # what is before and after it there
    system_goes_last: bool = False  # it begins the last question, not the first
    default_system: str = ""
    without_system: str = ""  # in place of the system turn if there is none, not even the default one
    strips: bool = False  # white space around each text is dropped
    tokens: Mapping[str, str] = field(default_factory=dict)


EMPTY = ChatFormat(user="", assistant="", opening="")  # of which a published format says all
_CHATML = ChatFormat(
    opening="",
    system="<start>system\n{text}<end>\n",
    user="<start>user\n{text}<end>\n",
    assistant="<start>assistant\n{text}<end>\n",
    answer="<start>assistant\n",
    tokens={"start": "<|im_start|>", "end": "<|im_end|>", "think": "<think>", "thought": "</think>"},
)
DEEPSEEK_SYSTEM = (
    "You are an AI programming assistant, utilizing the DeepSeek Coder model, developed by DeepSeek Company, "
    "and you only answer questions related to computer science. For politically sensitive questions, "
    "security and privacy issues, and other non-computer science questions, you will refuse to answer."
)

CHAT_FORMATS: dict[str, ChatFormat] = {
    # A server's API, which has a field for each turn and formats them itself. Read by `engine.remote`.
    "messages": ChatFormat(
        opening="",
        system="<system>{text}",
        user="<user>{text}",
        assistant="<assistant>{text}",
        tokens={"system": "<system>", "user": "<user>", "assistant": "<assistant>"},
    ),
    # CodeGeeX4, GLM-4, ChatGLM3: the line of the role and the message are encoded apart.
    "glm": ChatFormat(
        system="<system>{space}\n<>{space}{text}",
        user="<user>{space}\n<>{space}{text}",
        assistant="<assistant>{space}\n<>{space}{text}",
        answer="<assistant>{space}\n",
        tokens={"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>"},
    ),
    "chatglm2": ChatFormat(
        opening="<begin>{space}", user="[Round {round}]\n\n问：{text}\n\n答：", assistant="{text}\n\n"
    ),
    "codegeex2": ChatFormat(opening="<begin>{space}", user="问：{text}\n答：", assistant="{text}\n"),
    "chatml": _CHATML,
    "qwen2": replace(_CHATML, default_system="You are a helpful assistant."),
    "qwen2.5": replace(_CHATML, default_system="You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
    # Without the model's thinking: the user is waiting in the editor.
    "qwen3": replace(_CHATML, answer="<start>assistant\n<think>\n\n<thought>\n\n"),
    "deepseek-coder": ChatFormat(
        system="{text}\n",
        user="### Instruction:\n{text}\n### Response:\n",
        assistant="{text}\n<end>\n",
        default_system=DEEPSEEK_SYSTEM,
        tokens={"end": "<|EOT|>"},
    ),
    "deepseek": ChatFormat(
        system="{text}",
        user="<user>{text}",
        assistant="<assistant>{text}<end>",
        answer="<assistant>",
        tokens={"user": "<｜User｜>", "assistant": "<｜Assistant｜>", "end": "<｜end▁of▁sentence｜>"},
    ),
    "llama3": ChatFormat(
        system="<start>system<header>\n\n{text}<end>",
        user="<start>user<header>\n\n{text}<end>",
        assistant="<start>assistant<header>\n\n{text}<end>",
        answer="<start>assistant<header>\n\n",
        strips=True,
        tokens={"start": "<|start_header_id|>", "header": "<|end_header_id|>", "end": "<|eot_id|>"},
    ),
    # Zephyr, TinyLlama: the roles are text.
    "zephyr": ChatFormat(
        opening="",
        system="{space}<|system|>\n{text}<end>{space}\n",
        user="{space}<|user|>\n{text}<end>{space}\n",
        assistant="{space}<|assistant|>\n{text}<end>{space}\n",
        answer="{space}<|assistant|>\n",
        tokens={"end": "</s>"},
    ),
    "phi3": ChatFormat(
        opening="",
        system="<system>\n{text}<end>\n",
        user="<user>\n{text}<end>\n",
        assistant="<assistant>\n{text}<end>\n",
        answer="<assistant>\n",
        tokens={"system": "<|system|>", "user": "<|user|>", "assistant": "<|assistant|>", "end": "<|end|>"},
    ),
    "granite": ChatFormat(
        opening="",
        system="<start>system<role>{text}<end>\n",
        user="<start>user<role>{text}<end>\n",
        assistant="<start>assistant<role>{text}<end>\n",
        answer="<start>assistant<role>",
        tokens={"start": "<|start_of_role|>", "role": "<|end_of_role|>", "end": "<|end_of_text|>"},
    ),
    "granite-code": ChatFormat(
        opening="",
        system="System:\n{text}\n\n",
        user="Question:\n{text}\n\n",
        assistant="Answer:\n{text}\n\n",
        answer="Answer:\n",
    ),
    "llama2": ChatFormat(
        opening="",
        user="<begin>{space}[INST] {text} [/INST]",
        assistant=" {text} <end>",
        system_in_user=("<<SYS>>\n", "\n<</SYS>>\n\n"),
        strips=True,
        tokens={"end": "</s>"},
    ),
    "mistral-v1": ChatFormat(
        user="{space}[INST] {text} [/INST]", assistant="<>{space}{text}<end>", tokens={"end": "</s>"}
    ),
    "mistral-v3": ChatFormat(
        user="<inst>{space}{text}<endinst>",
        assistant="{space}{text}<end>",
        system_goes_last=True,
        tokens={"inst": "[INST]", "endinst": "[/INST]", "end": "</s>"},
    ),
    "gemma": ChatFormat(
        user="<start>user\n{text}<end>\n",
        assistant="<start>model\n{text}<end>\n",
        answer="<start>model\n",
        strips=True,
        tokens={"start": "<start_of_turn>", "end": "<end_of_turn>"},
    ),
    "alpaca": ChatFormat(
        opening="",
        default_system=(
            "Below is an instruction that describes a task. Write a response that appropriately completes the request."
        ),
        system="{text}\n\n",
        user="### Instruction:\n{text}\n\n### Response:",
        assistant="{text}\n\n",
    ),
}


def chat_parts(description: ModelDescription, turns: Sequence[Turn]) -> tuple[Part, ...]:
    """Return the parts of a conversation: maybe a system turn, then questions and answers in turn, a question last.

    Raises `ModelError` if the model cannot chat, `ValueError` for turns in another order.
    """
    return write_chat(_format(description), turns, description.begin, begins_with_space=description.begins_with_space)


def write_chat(
    chat: ChatFormat, turns: Sequence[Turn], begin: Sequence[str], *, begins_with_space: bool = False
) -> tuple[Part, ...]:
    """Return the parts of a conversation in a format. Raises `ValueError` for turns in another order."""
    system, dialogue = _split_system(turns)
    system = system or chat.default_system
    tokens = {name: (token,) for name, token in chat.tokens.items()}
    writer = Writer({**tokens, "begin": begin}, begins_with_space=begins_with_space)
    writer.write(chat.opening, {})
    if system and chat.system:
        writer.write(chat.system, {"text": system.strip() if chat.strips else system})
    elif not system:
        writer.write(chat.without_system, {})
    with_system = len(dialogue) - 1 if chat.system_goes_last else 0
    for index, turn in enumerate(dialogue):
        text = turn.text
        if system and not chat.system and index == with_system:
            text = f"{chat.system_in_user[0]}{system}{chat.system_in_user[1]}{text}"
        layout = chat.user if turn.role == "user" else chat.assistant
        writer.write(layout, {"text": text.strip() if chat.strips else text, "round": str(index // 2 + 1)})
    writer.write(chat.answer, {})
    return writer.parts()


def _split_system(turns: Sequence[Turn]) -> tuple[str, Sequence[Turn]]:
    """Return the system turn's text, and the other turns. Raises `ValueError` if they are not in order."""
    system = turns[0].text if turns and turns[0].role == "system" else ""
    dialogue = turns[1:] if turns and turns[0].role == "system" else turns
    roles = [turn.role for turn in dialogue]
    if not roles or roles != [("user", "assistant")[index % 2] for index in range(len(roles))] or roles[-1] != "user":
        raise ValueError(f"questions and answers must alternate and end with a question, not {roles}")
    return system, dialogue


def _format(description: ModelDescription) -> ChatFormat:
    if "chat" not in description.capabilities:
        can = ", ".join(sorted(description.capabilities)) or "nothing"
        because = f": {description.no_chat}" if description.no_chat else ""
        raise ModelError(
            f"the model {description.name} cannot answer questions (it can: {can}){because}; "
            "choose one that can chat, such as CodeGeeX4, in codegeex.model"
        )
    known = CHAT_FORMATS.get(description.chat_template)
    if known is None and "user" not in description.chat:
        raise ModelError(
            f"model.toml of {description.name}: unknown chat_template {description.chat_template!r}; "
            f"known are {', '.join(CHAT_FORMATS)}"
        )
    base = EMPTY if known is None or "user" in description.chat else known
    try:
        return replace(base, **description.chat)
    except TypeError as fault:
        raise ModelError(f"model.toml of {description.name}: [prompt.chat] is not a chat format ({fault})") from fault


def code_block(code: str, language_id: str) -> str:
    """Return `code` as a Markdown block whose fence is longer than any run of backticks in it."""
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{language_id}\n{code.rstrip()}\n{fence}"
