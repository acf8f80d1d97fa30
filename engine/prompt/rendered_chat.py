"""The format of a conversation, derived from what a published chat template writes.

The template itself is run elsewhere, in a sandbox, once for each of a few conversations whose messages are
placeholders. What stands between the placeholders is the format. It is accepted only if it writes all of these
conversations exactly as the template did, so a template that does more than put text around messages is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.prompt.chat import CHAT_FORMATS, EMPTY, ChatFormat, Turn, write_chat
from engine.prompt.layout import PIECE

SYSTEM, QUESTION, ANSWER, NEXT_QUESTION = "xSYSTEMx", "xQUESTIONx", "xANSWERx", "xNEXTx"
MAX_LAYOUT_CHARS = 4000  # of each part of a format
DIALOGUE = (Turn("user", QUESTION), Turn("assistant", ANSWER), Turn("user", NEXT_QUESTION))
# The conversations that a template is run for, by name: their turns, and whether an answer is asked for.
CONVERSATIONS: dict[str, tuple[tuple[Turn, ...], bool]] = {
    "question": (DIALOGUE[:1], True),
    "unanswered": (DIALOGUE[:1], False),
    "spaced": ((Turn("user", f" {QUESTION} "),), True),
    "dialogue": (DIALOGUE, True),
    "system": ((Turn("system", SYSTEM), *DIALOGUE[:1]), True),
    "system_dialogue": ((Turn("system", SYSTEM), *DIALOGUE), True),
}
OPTIONAL = frozenset({"system", "system_dialogue"})  # some templates refuse a system message
UNKNOWN = "published"  # the name of a format that is not among `CHAT_FORMATS`
# Strings of the templates that cannot be run, each with the format that has them.
SIGNATURES = (
    ("<|start_header_id|>", "llama3"),
    ("<|im_start|>", "chatml"),
    ("<start_of_turn>", "gemma"),
    ("<|start_of_role|>", "granite"),
    ("<｜User｜>", "deepseek"),
    ("<|EOT|>", "deepseek-coder"),
    ("[gMASK]", "glm"),
    ("<|end|>", "phi3"),
    ("<<SYS>>", "llama2"),
    ("[INST]", "mistral-v1"),
)


@dataclass(frozen=True)
class PublishedPrompts:
    """What the files of a checkpoint say of its prompts; the defaults are those of files that say nothing."""

    end_tokens: tuple[str, ...] = ()  # that end an answer
    begin: tuple[str, ...] | None = None  # the tokens before every text; None if the files do not say
    special_tokens: tuple[str, ...] = ()  # the control tokens of the tokenizer
    chat_template: str = ""
    # What the template writes for each of `CONVERSATIONS`, without those it refuses; empty if it could not be run.
    rendered: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ChatChoice:
    """The format of a checkpoint's conversations."""

    name: str  # in `CHAT_FORMATS`, or `UNKNOWN`
    changes: Mapping[str, Any]  # the fields in which the format differs from the one of that name
    end: str = ""  # the control token after an answer, if it is one
    fault: str = ""  # why the model cannot chat in it; "" if it can


def choose_chat(
    published: PublishedPrompts, preferred: str, begin: Sequence[str], has_token: Callable[[str], bool]
) -> ChatChoice | None:
    """Return the format that a published template means; None if nothing is published.

    `preferred` is the name of the format that the family was trained with. `begin` are the tokens before each text.
    """
    if not published.chat_template:
        return None
    if not published.rendered:
        name = next((name for sign, name in SIGNATURES if sign in published.chat_template), "")
        if name == "mistral-v1" and has_token("[INST]"):
            name = "mistral-v3"
        if not name:
            return ChatChoice("", {}, fault="its chat template could not be run")
        return _checked(ChatChoice(name, {}), CHAT_FORMATS[name], has_token)
    derived = _derive(published.rendered, sorted(published.special_tokens, key=len, reverse=True))
    for name in dict.fromkeys((preferred, *CHAT_FORMATS)):
        if (
            name in CHAT_FORMATS
            and name != "messages"
            and (changes := _changes_to(CHAT_FORMATS[name], published.rendered, begin)) is not None
        ):
            return _checked(ChatChoice(name, changes), CHAT_FORMATS[name], has_token)
    if derived is None or not _writes(derived, published.rendered, begin):
        return ChatChoice("", {}, fault="its chat template does more than put text around messages")
    changed = {each.name: getattr(derived, each.name) for each in fields(derived)}
    known = next((name for sign, name in SIGNATURES if sign in published.rendered["question"]), UNKNOWN)
    changes = {key: value for key, value in changed.items() if value != getattr(EMPTY, key)}
    return _checked(ChatChoice(known, changes), derived, has_token)


def _checked(choice: ChatChoice, format_: ChatFormat, has_token: Callable[[str], bool]) -> ChatChoice:
    """Return the choice with the fault of a tokenizer that lacks the format's control tokens."""
    known = CHAT_FORMATS.get(choice.name, format_)
    layouts = known.opening + known.system + known.user + known.assistant + known.answer
    used = [token for name, token in known.tokens.items() if f"<{name}>" in layouts]
    if lacking := [token for token in used if not has_token(token) and token not in choice.changes.values()]:
        fault = f"its tokenizer lacks {', '.join(lacking)}, which its chat template needs"
        return replace(choice, fault=fault)
    end = _first_control(format_)
    return replace(choice, end=end if has_token(end) else "")


def _first_control(format_: ChatFormat) -> str:
    """Return the control token right after an answer; "" if there is none."""
    after = format_.assistant.partition("{text}")[2] or format_.user
    found = PIECE.match(after.lstrip())
    return format_.tokens.get(found[1] or "", "") if found else ""


def _changes_to(format_: ChatFormat, rendered: Mapping[str, str], begin: Sequence[str]) -> dict[str, Any] | None:
    """Return the fields to change for `format_` to write what was rendered; None if no system text is enough."""
    plain = replace(format_, default_system="")
    if _writes(format_, rendered, begin):
        return {}
    if _writes(plain, rendered, begin):
        return {"default_system": ""}
    before, _, after = _text(replace(plain, default_system=SYSTEM), DIALOGUE[:1], begin).partition(SYSTEM)
    question = rendered["question"]
    if not plain.system or not question.startswith(before) or not question.endswith(after):
        return None
    found = question[len(before) : len(question) - len(after)]
    return {"default_system": found} if _writes(replace(format_, default_system=found), rendered, begin) else None


def _writes(format_: ChatFormat, rendered: Mapping[str, str], begin: Sequence[str]) -> bool:
    """True if the format writes every conversation as the template does.

    Families that were trained with sentencepiece add a space before some texts, which templates write or do not; and
    some ask for an answer with a line end that their template leaves to the model.
    """
    squeezes = "{space}" in format_.opening + format_.user + format_.assistant

    def plain(text: str) -> str:
        return (text.replace(" ", "") if squeezes else text).rstrip("\n")

    for name, expected in rendered.items():
        turns, asks = CONVERSATIONS[name]
        asked = format_ if asks else replace(format_, answer="")
        if plain(_text(asked, turns, begin)) != plain(expected):
            return False
    return True


def _text(format_: ChatFormat, turns: Sequence[Turn], begin: Sequence[str]) -> str:
    return "".join(part.text for part in write_chat(format_, turns, begin))


def _derive(rendered: Mapping[str, str], special_tokens: Sequence[str]) -> ChatFormat | None:
    """Return the format between the placeholders; None if they are not all there, in order, once each."""
    try:
        start, end = _around(rendered["question"], QUESTION)
        _, question_end = _around(rendered["unanswered"], QUESTION)
        _, before_answer, before_next, _ = _around(rendered["dialogue"], QUESTION, ANSWER, NEXT_QUESTION)
        question_start = _common_end(start, before_next)
        opening, default_opening = start.removesuffix(question_start), ""
        assistant_start = before_answer.removeprefix(question_end)
        notation = _Notation(special_tokens)
        system, in_user, goes_last = "", ("", "\n\n"), False
        if "system" in rendered:
            before_system, after_system, _ = _around(rendered["system"], SYSTEM, QUESTION)
            if after_system.endswith(question_start):
                shared = _common_start(opening, before_system)
                opening, default_opening = opening[: len(shared)], opening[len(shared) :]
                system = notation.layout(
                    f"{before_system[len(opening) :]}{SYSTEM}{after_system.removesuffix(question_start)}"
                )
            else:
                in_user = (before_system.removeprefix(opening + question_start), after_system)
                goes_last = "system_dialogue" in rendered and (
                    rendered["system_dialogue"].index(SYSTEM) > rendered["system_dialogue"].index(ANSWER)
                )
        return ChatFormat(
            opening=notation.layout(opening),
            without_system=notation.layout(default_opening),
            system=system.replace(SYSTEM, "{text}"),
            user=notation.layout(f"{question_start}{QUESTION}{question_end}").replace(QUESTION, "{text}"),
            assistant=notation.layout(
                f"{assistant_start}{ANSWER}{before_next[: len(before_next) - len(question_start)]}"
            ).replace(ANSWER, "{text}"),
            answer=notation.layout(end.removeprefix(question_end)),
            system_in_user=in_user,
            system_goes_last=goes_last,
            strips=f" {QUESTION} " not in rendered["spaced"],
            tokens=notation.tokens,
        )
    except ValueError:
        return None


class _Notation:
    """Spells texts in the notation of `engine.prompt.layout`, and collects the control tokens in them."""

    def __init__(self, special_tokens: Sequence[str]) -> None:
        self.tokens: dict[str, str] = {}
        spelled = [re.escape(token) for token in special_tokens if token]
        self._control = re.compile("|".join([*spelled, r"<\w*\??>|\{\w+\}"]))

    def layout(self, text: str) -> str:
        """Return the layout that writes `text`. Raises `ValueError` if there is none, or it is too long."""
        if len(text) > MAX_LAYOUT_CHARS:
            raise ValueError("the text is too long")
        return self._control.sub(lambda found: f"<{self._name(found[0])}>", text)

    def _name(self, token: str) -> str:
        if token.startswith("{"):
            raise ValueError("a text in braces cannot be spelled")
        for name, known in self.tokens.items():
            if known == token:
                return name
        name = re.sub(r"\W+", "", token) or "token"
        while name in self.tokens or name == "begin":
            name += "_"
        self.tokens[name] = token
        return name


def _around(text: str, *placeholders: str) -> tuple[str, ...]:
    """Return the texts before, between and after the placeholders. Raises `ValueError` unless each is there once."""
    return tuple(_pieces(text, placeholders))


def _pieces(text: str, placeholders: Sequence[str]) -> Iterator[str]:
    for placeholder in placeholders:
        before, found, text = text.partition(placeholder)
        if not found:
            raise ValueError(f"{placeholder} is missing")
        yield before
    if any(each in text for each in (SYSTEM, QUESTION, ANSWER, NEXT_QUESTION)):
        raise ValueError("a message is repeated")
    yield text


def _common_start(one: str, other: str) -> str:
    length = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    return one[: min(len(one), len(other)) if length is None else length]


def _common_end(one: str, other: str) -> str:
    return _common_start(one[::-1], other[::-1])[::-1]
