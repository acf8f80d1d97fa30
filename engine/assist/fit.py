"""A request into a prompt within the token budget, the least useful dropped and named.

What is asked always stays. Of the rest the newest turns of the conversation get up to `HISTORY_SHARE`, then references
take what is left in the order of their use; what a person mentioned or looks at is shown in part where it does not fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.assist.diffs import shorten_diff
from engine.assist.gather import Gathered
from engine.assist.instructions import question_of, system_of
from engine.assist.tasks import GIVES_CODE, AssistRequest, AssistSettings, AssistTask, Reference
from engine.assist.wording import say
from engine.languages import language_of
from engine.model.folder import ModelDescription
from engine.model.protocol import Tokenizer
from engine.prompt.budget import MAX_CHARS_PER_TOKEN, fit_first_lines
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.prompt.translation import translation_parts, translation_turns
from engine.types import EngineError

HISTORY_SHARE = 0.4  # of what the question leaves
TURN_TOKENS = 8  # about, of a turn's own marks
MIN_PART_TOKENS = 64  # of something shown in part: less says nothing
CODE_GROWTH = 2  # an answer may be so many times as long as the code it is about
CODE_RESERVE_TOKENS = 128
MAX_NAMED = 5  # of what was dropped
TRIMMED = frozenset({AssistTask.EXPLAIN, AssistTask.TESTS, AssistTask.COMMIT})  # may see a part of the code


@dataclass(frozen=True)
class AssistPrompt:
    """`turns` are what `tokens` say, () for a model that translates without conversing."""

    tokens: tuple[int, ...]
    turns: tuple[Turn, ...]
    max_new_tokens: int
    used: tuple[Reference, ...] = ()
    notices: tuple[str, ...] = ()


def fit(
    request: AssistRequest,
    gathered: Gathered,
    code: str,
    description: ModelDescription,
    tokenizer: Tokenizer,
    settings: AssistSettings,
) -> AssistPrompt:
    """`code` is what the request is about, LF line ends. Raises `EngineError` where that cannot be shown whole."""
    words = request.words
    most = description.context_length * MAX_CHARS_PER_TOKEN
    size = _size(tokenizer, code, most)
    new_tokens = min(settings.max_new_tokens, description.context_length // 2)
    if request.task in GIVES_CODE:
        wanted = CODE_GROWTH * size + CODE_RESERVE_TOKENS
        new_tokens = max(new_tokens, min(wanted, description.context_length // 2))
    limit = min(settings.max_prompt_tokens, description.context_length - new_tokens)
    if request.task in GIVES_CODE:  # a person who selects more than usual wants it done as well
        limit = description.context_length - new_tokens

    def measured(code: str) -> int:
        if len(code) + len(request.question) > most:
            return description.context_length
        return len(_tokens(request, description, tokenizer, code, (), ()))

    notices = list(gathered.notices)
    taken = measured(code)
    if taken > limit and request.task in TRIMMED:
        room = limit - measured("")
        if request.task is AssistTask.COMMIT:
            code, dropped = shorten_diff(code, room, lambda file: _size(tokenizer, file, most))
            notices += [say("diff_cut", words, names=_named(dropped))] if dropped else []
        shown = fit_first_lines(tokenizer, code, room)
        if shown and shown.rstrip() != code.rstrip():
            path = request.document.path if request.document else "diff"
            notices.append(say("source_cut", words, path=path, start=1, end=shown.count("\n") + 1))
        if shown.strip():  # of one line that is too long nothing is left to answer about
            code, taken = shown, measured(shown)
    if taken > limit or (request.task in GIVES_CODE and size > new_tokens):
        count, room = (taken, limit) if taken > limit else (size, new_tokens)
        raise EngineError(say("too_long", words, name=description.name, tokens=count, room=room))
    history = _newest(request.history, tokenizer, int((limit - taken) * HISTORY_SHARE))
    left = limit - taken - sum(len(tokenizer.encode(turn.text)) + TURN_TOKENS for turn in history)
    used, cut = _fitting(gathered.references, tokenizer, left)
    tokens = _tokens(request, description, tokenizer, code, used, history)
    while len(tokens) > limit and (used or history):  # texts that touch may take more than each by itself
        used, history = (used[:-1], history) if used else (used, history[2:])
        tokens = _tokens(request, description, tokenizer, code, used, history)
    notices += [
        say("source_cut", words, path=part.path, start=part.start_line + 1, end=part.end_line)
        for part in used
        if part in cut
    ]
    notices += _dropped(request, gathered.references, used, history)
    return AssistPrompt(
        tuple(tokens),
        _turns(request, description, code, used, history),
        min(new_tokens, description.context_length - len(tokens)),
        used,
        tuple(notices),
    )


def _turns(
    request: AssistRequest,
    description: ModelDescription,
    code: str,
    references: tuple[Reference, ...],
    history: tuple[Turn, ...],
) -> tuple[Turn, ...]:
    language = request.language
    if request.task is AssistTask.TRANSLATE:
        if "chat" not in description.capabilities:
            return ()
        return translation_turns(description, language, language_of(request.target), code)
    system = system_of(request, description)
    question = Turn("user", question_of(request, description, language, code, references))
    return (*([Turn("system", system)] if system else []), *history, question)


def _tokens(
    request: AssistRequest,
    description: ModelDescription,
    tokenizer: Tokenizer,
    code: str,
    references: tuple[Reference, ...],
    history: tuple[Turn, ...],
) -> list[int]:
    if request.task is AssistTask.TRANSLATE:
        return encode(tokenizer, translation_parts(description, request.language, language_of(request.target), code))
    turns = _turns(request, description, code, references, history)
    return encode(tokenizer, chat_parts(description, turns))


def _newest(history: tuple[Turn, ...], tokenizer: Tokenizer, room: int) -> tuple[Turn, ...]:
    """The last questions with their answers that fit."""
    start = len(history)
    while start >= 2:  # noqa: PLR2004 - a question and its answer
        pair = history[start - 2 : start]
        if sum(len(turn.text) for turn in pair) > room * MAX_CHARS_PER_TOKEN:
            break
        room -= sum(len(tokenizer.encode(turn.text)) + TURN_TOKENS for turn in pair)
        if room < 0:
            break
        start -= 2
    return history[start:]


def _fitting(
    references: Sequence[Reference], tokenizer: Tokenizer, room: int
) -> tuple[tuple[Reference, ...], tuple[Reference, ...]]:
    """(what is shown, those of it that are shown in part)."""
    shown: list[Reference] = []
    cut: list[Reference] = []
    for reference in references:
        marks = len(tokenizer.encode(reference.path)) + TURN_TOKENS
        whole = len(reference.text) <= room * MAX_CHARS_PER_TOKEN
        tokens = marks + len(tokenizer.encode(reference.text)) if whole else room + 1
        if tokens > room:
            if not reference.may_be_cut or room < MIN_PART_TOKENS + marks:
                continue
            text = fit_first_lines(tokenizer, reference.text, room - marks)
            if not text:
                continue
            part = replace(reference, text=text, end_line=reference.start_line + text.count("\n") + 1)
            tokens = marks + len(tokenizer.encode(text))
            cut.append(part)
            shown.append(part)
        else:
            shown.append(reference)
        room -= tokens
    return tuple(shown), tuple(cut)


def _dropped(
    request: AssistRequest, references: Sequence[Reference], used: Sequence[Reference], history: Sequence[Turn]
) -> list[str]:
    """What was left out, in words."""
    notices = []
    if count := (len(request.history) - len(history)) // 2:
        notices.append(say("history_dropped", request.words, count=count))
    kept = {(reference.path, reference.start_line) for reference in used}
    lost = list(dict.fromkeys(r.path for r in references if (r.path, r.start_line) not in kept))
    if lost:
        notices.append(say("sources_dropped", request.words, names=_named(lost)))
    return notices


def _named(paths: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" +{len(paths) - MAX_NAMED}" if len(paths) > MAX_NAMED else ""
    return ", ".join(paths[:MAX_NAMED]) + more


def _size(tokenizer: Tokenizer, text: str, most: int) -> int:
    """In tokens; in characters, which are more, where it is too long to be counted."""
    return len(tokenizer.encode(text)) if len(text) <= most else len(text)
