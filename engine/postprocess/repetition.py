"""Filters against a model that repeats itself, and against repeating what is before the cursor."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.postprocess.draft import Draft, NothingToShow
from engine.postprocess.suffix import is_same_line

MAX_REPEATS = 2
MAX_PERIOD_LINES = 4
COPIED_LINES = 3  # so many lines in a row that are also just above are a copy
MIN_COPIED_CHARS = 8
MIN_BEGINNING_CHARS = 4  # of a line: a text that begins with them repeats them
STATEMENT = re.compile(r"\w.*[=(\[{].*|\w+\W+\w+\W+\w+")  # more than a word or a number
REPEATED_WORDS = re.compile(r"(?=\S*?[^\W\d_])(\S.{2,40}?)\1{3,}")


def cut_repetition(draft: Draft) -> Draft:
    """Keep lines, or groups of lines, that come more than twice in a row only once."""
    lines = draft.text.split("\n")
    for period in range(1, MAX_PERIOD_LINES + 1):
        length = period * (MAX_REPEATS + 1)
        for index in range(len(lines) - length + 1):
            group = lines[index : index + period]
            if any(map(str.strip, group)) and lines[index : index + length] == group * (MAX_REPEATS + 1):
                return replace(draft, text="\n".join(lines[: index + period]))
    return draft


def cut_stutter(draft: Draft) -> Draft:
    """Cut after the first of the same words four times in a row."""
    match = REPEATED_WORDS.search(draft.text)
    return replace(draft, text=draft.text[: match.end(1)]) if match else draft


def drop_line_beginning(draft: Draft) -> Draft:
    """Drop the line before the cursor from a text that repeats it: `Hello wor` goes on with `ld`.

    After a blank only a line of some length is known to be the same: in `return ` a text `return_code` goes on, and
    `long ` may well go on with `long count`.
    """
    written = draft.cursor.line_before.strip()
    text = draft.text.lstrip(" \t")
    if len(written) < MIN_BEGINNING_CHARS or not text.startswith(written):
        return draft
    if draft.cursor.line_before[-1:].isspace():
        rest = text[len(written) :]
        if not rest[:1].isspace() or not STATEMENT.search(written):
            return draft
        return replace(draft, text=rest.lstrip(" \t"))
    return replace(draft, text=text[len(written) :])


def cut_copy_of_above(draft: Draft) -> Draft:
    """Cut before three lines in a row that are also just above the cursor."""
    lines = [*draft.text.split("\n")]
    lines[0] = draft.cursor.line_before + lines[0]
    solid = [(index, line.strip()) for index, line in enumerate(lines) if len(line.strip()) >= MIN_COPIED_CHARS]
    if len(solid) < COPIED_LINES:
        return draft
    above = [line for each in draft.surroundings.lines_above if len(line := each.strip()) >= MIN_COPIED_CHARS]
    known = {tuple(above[i : i + COPIED_LINES]) for i in range(len(above) - COPIED_LINES + 1)}
    for at in range(len(solid) - COPIED_LINES + 1):
        if tuple(line for _, line in solid[at : at + COPIED_LINES]) in known:
            if not solid[at][0]:
                raise NothingToShow("it repeats the lines above")
            return replace(draft, text="\n".join(draft.text.split("\n")[: solid[at][0]]))
    return draft


def refuse_line_above(draft: Draft) -> Draft:
    """Refuse a whole line that repeats the one above: it is nearly always wrong."""
    above = next((line for line in reversed(draft.surroundings.lines_above) if line.strip()), "")
    first = draft.text.partition("\n")[0].strip()
    if not draft.cursor.line_before.strip() and len(first) > MAX_REPEATS and is_same_line(first, above):
        raise NothingToShow("it repeats the line above")
    return draft
