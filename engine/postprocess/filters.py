"""The filters, in order. Each is a function of a draft; golden cases stand in tests/engine/test_postprocess.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from engine.postprocess.draft import Draft, Silent
from engine.types import Mode

Filter = Callable[[Draft], Draft]

TEMPLATE_TOKEN = re.compile(r"<\|[a-z_]+\|>|###(?:REFERENCE|PATH|LANGUAGE|MODE):|\ufffd")
BARE_COMMENT = re.compile(r"/{2,3}!?|#+|/?\*+/?|--|;+|\"{3}|'{3}")
MAX_REPEATS = 2
NEAR_LINES = 3  # below the cursor, that a suggestion must not write again
OPENING = {"(": ")", "[": "]", "{": "}"}


def cut_template_tokens(draft: Draft) -> Draft:
    """What follows a control token spelled as text, or half a character, is not code."""
    match = TEMPLATE_TOKEN.search(draft.text)
    return replace(draft, text=draft.text[: match.start()]) if match else draft


def keep_one_line(draft: Draft) -> Draft:
    """LINE is one line."""
    return replace(draft, text=draft.text.partition("\n")[0]) if draft.mode is Mode.LINE else draft


def drop_half_line(draft: Draft) -> Draft:
    """A block that the token limit cut off ends with its last whole line."""
    if draft.finished or draft.mode is Mode.LINE or "\n" not in draft.text:
        return draft
    return replace(draft, text=draft.text.rpartition("\n")[0])


def stay_in_block(draft: Draft) -> Draft:
    """The first line indented less than the cursor's own ends the block."""
    indent = len(draft.line_before) - len(draft.line_before.lstrip())
    lines = draft.text.split("\n")
    for index, line in enumerate(lines[1:], start=1):
        if line.strip() and len(line) - len(line.lstrip()) < indent:
            return replace(draft, text="\n".join(lines[:index]))
    return draft


def stop_at_suffix(draft: Draft) -> Draft:
    """The lines that stand below the cursor are not written again."""
    below = [line.strip() for line in draft.suffix.split("\n")[1:] if len(line.strip()) > 1][:NEAR_LINES]
    lines = draft.text.split("\n")
    for index, line in enumerate(lines):
        written = (draft.line_before + line).strip() if index == 0 else line.strip()
        if below and written == below[0]:
            if index == 0:
                raise Silent("it repeats the line below")
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


def drop_what_line_has(draft: Draft) -> Draft:
    """What already stands behind the cursor on its line (an editor's closing bracket, a quote, more) is not doubled."""
    after = draft.line_after.rstrip()
    if not after:
        return draft
    for length in range(min(len(after), len(draft.text)), 0, -1):
        kept = draft.text[:-length]
        cuts_a_word = after[0].isalnum() and kept[-1:].isalnum()
        if draft.text.endswith(after[:length]) and not cuts_a_word:
            return replace(draft, text=kept)
    return draft


def drop_extra_closers(draft: Draft) -> Draft:
    """A closing bracket at the end that nothing in the line or the text opens, where the suffix has it, is dropped."""
    after = draft.line_after.strip()
    text = draft.text
    while "\n" not in text and after and text and text[-1] in ")]}" and after.startswith(text[-1]):
        line = draft.line_before + text
        opener = next(o for o, c in OPENING.items() if c == text[-1])
        if line.count(text[-1]) <= line.count(opener):
            break
        text = text[:-1]
    return replace(draft, text=text)


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
    drop_half_line,
    stay_in_block,
    stop_at_suffix,
    cut_repetition,
    drop_what_line_has,
    drop_extra_closers,
    trim_end,
    refuse_blank,
    refuse_line_above,
)


def apply_filters(draft: Draft) -> Draft:
    """All of them, in order. Raises `Silent` where nothing is left worth showing."""
    for each in FILTERS:
        draft = each(draft)
    return draft
