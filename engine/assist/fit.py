"""From a request to a prompt within the token budget. What does not fit is dropped, the least useful first, and named.

The question always stays. The newest turns of the conversation may take `HISTORY_SHARE` of the rest; references take
what is left, in order. Those that the user mentioned or looks at are cut if they do not fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.assist.diffs import shorten_diff
from engine.assist.gather import Gathered
from engine.assist.instructions import question_of, system_of
from engine.assist.tasks import GIVES_CODE, AssistRequest, AssistSettings, AssistTask, Reference
from engine.assist.wording import sentence
from engine.languages import language_of
from engine.model.folder import ModelDescription
from engine.model.protocol import Tokenizer
from engine.prompt.budget import MAX_CHARS_PER_TOKEN, fit_first_lines
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.prompt.translation import translation_parts, translation_turns
from engine.types import EngineError

HISTORY_SHARE = 0.4  # of the tokens that the question leaves
TURN_TOKENS = 8  # roughly, of a turn's control tokens
MIN_PART_TOKENS = 64  # of a reference that is cut: fewer are useless
CODE_GROWTH = 2  # an answer may be this many times as long as the code it is about
CODE_RESERVE_TOKENS = 128
MAX_NAMED = 5  # names of dropped files in a notice
TRIMMED = frozenset({AssistTask.EXPLAIN, AssistTask.TESTS, AssistTask.COMMIT})  # these may do with a part of the code


@dataclass(frozen=True)
class AssistPrompt:
    """A prompt that fits, and what it is made of."""

    tokens: tuple[int, ...]
    turns: tuple[Turn, ...]  # the same as turns, () for a model that translates but does not converse
    max_new_tokens: int
    used: tuple[Reference, ...] = ()
    notices: tuple[str, ...] = ()
    code: str = ""  # what the request is about, as it is in the prompt
    gives_code: bool = False  # the answer is code


def fit(
    request: AssistRequest,
    gathered: Gathered,
    code: str,
    description: ModelDescription,
    tokenizer: Tokenizer,
    settings: AssistSettings,
) -> AssistPrompt:
    """Return the prompt. `code` is what the request is about; raises `EngineError` if that does not fit whole."""
    words = request.words
    most = description.context_length * MAX_CHARS_PER_TOKEN
    size = _size(tokenizer, code, most)
    new_tokens = min(settings.max_new_tokens, description.context_length // 2)
    if request.task in GIVES_CODE:
        wanted = CODE_GROWTH * size + CODE_RESERVE_TOKENS
        new_tokens = max(new_tokens, min(wanted, description.context_length // 2))
    limit = min(settings.max_prompt_tokens, description.context_length - new_tokens)
    if request.task in GIVES_CODE:  # a user who selects much code wants all of it done
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
            notices += [sentence("diff_cut", words, names=_named(dropped))] if dropped else []
        shown = fit_first_lines(tokenizer, code, room)
        if shown and shown.rstrip() != code.rstrip():
            path = request.document.path if request.document else "diff"
            notices.append(sentence("source_cut", words, path=path, start=1, end=shown.count("\n") + 1))
        if shown.strip():  # nothing is left of a single line that is too long
            code, taken = shown, measured(shown)
    if taken > limit or (request.task in GIVES_CODE and size > new_tokens):
        count, room = (taken, limit) if taken > limit else (size, new_tokens)
        raise EngineError(sentence("too_long", words, name=description.name, tokens=count, room=room))
    history = _newest(request.history, tokenizer, int((limit - taken) * HISTORY_SHARE))
    left = limit - taken - sum(len(tokenizer.encode(turn.text)) + TURN_TOKENS for turn in history)
    used, cut = _fitting(gathered.references, tokenizer, left)
    tokens = _tokens(request, description, tokenizer, code, used, history)
    while len(tokens) > limit and (used or history):  # texts that are joined may take more tokens than each by itself
        used, history = (used[:-1], history) if used else (used, history[2:])
        tokens = _tokens(request, description, tokenizer, code, used, history)
    notices += [
        sentence("source_cut", words, path=part.path, start=part.start_line + 1, end=part.end_line)
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
        code,
        request.task in GIVES_CODE,
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
    """Return the newest questions and answers that fit."""
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
    """Return the references that fit, and those of them that are cut."""
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
    """Return notices of what was left out."""
    notices = []
    if count := (len(request.history) - len(history)) // 2:
        notices.append(sentence("history_dropped", request.words, count=count))
    kept = {(reference.path, reference.start_line) for reference in used}
    lost = list(dict.fromkeys(r.path for r in references if (r.path, r.start_line) not in kept))
    if lost:
        notices.append(sentence("sources_dropped", request.words, names=_named(lost)))
    return notices


def _named(paths: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" +{len(paths) - MAX_NAMED}" if len(paths) > MAX_NAMED else ""
    return ", ".join(paths[:MAX_NAMED]) + more


def _size(tokenizer: Tokenizer, text: str, most: int) -> int:
    """Return the size in tokens; of a text that is too long to encode in characters, which are more."""
    return len(tokenizer.encode(text)) if len(text) <= most else len(text)
