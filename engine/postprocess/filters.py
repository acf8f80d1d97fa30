"""The filters, in order. Each is a function of a draft; golden cases stand in tests/engine/test_postprocess.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from engine.postprocess.draft import Draft, Silent, indent_of
from engine.types import Mode

Filter = Callable[[Draft], Draft]

TEMPLATE_TOKEN = re.compile(r"<\|[a-z_]+\|>|###(?:REFERENCE|PATH|LANGUAGE|MODE):|\ufffd")
BARE_COMMENT = re.compile(r"/{2,3}!?|#+|/?\*+/?|--|;+|\"{3}|'{3}")
MAX_REPEATS = 2
NEAR_LINES = 3  # below the cursor, that a suggestion must not write again
OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSERS = frozenset(OPENING.values())
MIRROR = str.maketrans("()[]{}", ")(][}{")


def cut_template_tokens(draft: Draft) -> Draft:
    """What follows a control token spelled as text, or half a character, is not code."""
    match = TEMPLATE_TOKEN.search(draft.text)
    return replace(draft, text=draft.text[: match.start()]) if match else draft


def keep_one_line(draft: Draft) -> Draft:
    """LINE is one line."""
    return replace(draft, text=draft.text.partition("\n")[0]) if draft.mode is Mode.LINE else draft


def stay_in_block(draft: Draft) -> Draft:
    """The first line indented less than the cursor's own ends the block."""
    indent = indent_of(draft.line_before)
    lines = draft.text.split("\n")
    for index, line in enumerate(lines[1:], start=1):
        if line.strip() and indent_of(line) < indent:
            return replace(draft, text="\n".join(lines[:index]))
    return draft


def stop_at_suffix(draft: Draft) -> Draft:
    """The next line below the cursor is not written again. Its indentation counts: an inner `}` is another line."""
    below = next((line.rstrip() for line in draft.suffix.split("\n")[1 : 1 + NEAR_LINES] if line.strip()), None)
    if below is None:
        return draft
    lines = draft.text.split("\n")
    if len(below.strip()) > 1 and (draft.line_before + lines[0]).strip() == below.strip():
        raise Silent("it repeats the line below")
    for index, line in enumerate(lines[1:], start=1):
        if line.rstrip() == below:
            return replace(draft, text="\n".join(lines[:index]))
    return draft


def cut_repetition(draft: Draft) -> Draft:
    """A line that comes more than twice in a row is a model going round in circles."""
    lines = draft.text.split("\n")
    for index in range(MAX_REPEATS, len(lines)):
        run = lines[index - MAX_REPEATS : index + 1]
        if run[0].strip() and len(set(run)) == 1:
            return replace(draft, text="\n".join(lines[: index - MAX_REPEATS + 1]))
    return draft


def stop_where_line_closes(draft: Draft) -> Draft:
    """The first bracket that only repeats one behind the cursor ends the text; what the text opens itself it may close.

    Editors close brackets as they are opened: `f(|)` answered by `a, b);` shows `a, b`, answered by `g(x)` all of it.
    """
    after = draft.line_after.strip()
    if after[:1] not in CLOSERS:
        return draft
    may_close = max(0, _unclosed(draft.line_before) - _unopened(after))
    opened: list[str] = []
    for index, char in enumerate(draft.text):
        if char in OPENING:
            opened.append(OPENING[char])
        elif opened and char == opened[-1]:
            opened.pop()
        elif not opened and char in CLOSERS:
            if not may_close and char == after[0]:
                return replace(draft, text=draft.text[:index])
            may_close -= 1
    return draft


def drop_what_line_has(draft: Draft) -> Draft:
    """What else stands behind the cursor on its line (a quote, a semicolon, more) is not doubled at the text's end."""
    after = draft.line_after.rstrip()
    if not after or after[0] in CLOSERS:
        return draft
    for length in range(min(len(after), len(draft.text)), 0, -1):
        kept = draft.text[:-length]
        cuts_a_word = after[0].isalnum() and kept[-1:].isalnum()
        if draft.text.endswith(after[:length]) and not cuts_a_word:
            return replace(draft, text=kept)
    return draft


def _unclosed(text: str) -> int:
    """How many brackets `text` leaves open."""
    depth = 0
    for char in text:
        depth += (char in OPENING) - (char in CLOSERS and depth > 0)
    return depth


def _unopened(text: str) -> int:
    """How many brackets `text` closes that it does not open."""
    return _unclosed(text[::-1].translate(MIRROR))


def trim_end(draft: Draft) -> Draft:
    """No white space at the end, and no empty lines."""
    return replace(draft, text=draft.text.rstrip())


def refuse_blank(draft: Draft) -> Draft:
    """White space, or a comment's mark with nothing behind it, is no suggestion."""
    if not draft.text.strip() or BARE_COMMENT.fullmatch(draft.text.strip()):
        raise Silent("the model has nothing to add here")
    return draft


def refuse_line_above(draft: Draft) -> Draft:
    """A whole line that repeats the one above is nearly always wrong."""
    if draft.line_before.strip() or "\n" not in draft.prefix:
        return draft
    above = draft.prefix[: draft.prefix.rfind("\n")].rstrip().rpartition("\n")[2].strip()
    first = draft.text.partition("\n")[0].strip()
    if len(first) > MAX_REPEATS and first == above:
        raise Silent("it repeats the line above")
    return draft


FILTERS: tuple[Filter, ...] = (
    cut_template_tokens,
    keep_one_line,
    stay_in_block,
    stop_at_suffix,
    cut_repetition,
    stop_where_line_closes,
    drop_what_line_has,
    trim_end,
    refuse_blank,
    refuse_line_above,
)


def apply_filters(draft: Draft) -> Draft:
    """All of them, in order. Raises `Silent` where nothing is left worth showing."""
    for each in FILTERS:
        draft = each(draft)
    return draft
