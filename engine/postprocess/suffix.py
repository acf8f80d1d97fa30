"""Filters against repeating what is after the cursor."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.postprocess.draft import NEAR_LINES, Draft, NothingToShow
from engine.text import indent_width

MIN_OVERLAP_CHARS = 3  # of the line after the cursor, if it is found in the middle of a text
NEAR_CHARS = 20  # a line of at least so many is the same line if it differs by no more than
NEAR_DIFFERENCE = 2  # characters
WORD = re.compile(r"\w+")
TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]*)?((?:[^<>\"'{}]|\"[^\"\n]*\"|'[^'\n]*'|\{[^{}\n]*\})*?)(/?)>")
MARKUP = frozenset({
    "html", "xml", "xsl", "jsp", "vue", "svelte", "astro", "razor", "javascriptreact", "typescriptreact",
    "markdown", "php",
})  # fmt: skip
VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
TAG_CHARS = 400  # after the cursor, in which its element's end is searched


def needs_blank_before(character: str) -> bool:
    """True if a blank at a text's end belongs before this character: not before what closes, separates or is blank."""
    return character != "" and not character.isspace() and character not in ")]},;:.?"


def is_same_line(one: str, other: str) -> bool:
    """True if two lines are the same to a reader: equal without white space, or nearly so."""
    one, other = "".join(one.split()), "".join(other.split())
    if one == other:
        return True
    if WORD.findall(one) == WORD.findall(other):
        return len(WORD.findall(one)) > 1 and one.strip(";,") == other.strip(";,")
    if min(len(one), len(other)) < NEAR_CHARS:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    changed = one[start : len(one) - end] + other[start : len(other) - end]
    # A changed digit or a whole changed word is how code counts up and lists: `a1 = b1`, `a2 = b2`.
    return len(changed) <= NEAR_DIFFERENCE and not any(char.isdigit() for char in changed)


def stop_at_suffix(draft: Draft) -> Draft:
    """Cut before the next lines below the cursor. Indentation counts: an inner `}` is another line."""
    below = draft.surroundings.next_line
    if not below:
        return draft
    lines = draft.text.split("\n")
    first = draft.cursor.line_before + lines[0]
    if len(below.strip()) > 1 and is_same_line(first, below):
        raise NothingToShow("it repeats the line below")
    near = [line.rstrip() for line in draft.surroundings.lines_below if line.strip()][:NEAR_LINES]
    for index, line in enumerate(lines[1:], start=1):
        is_next = line.rstrip() == below or (
            len(below.strip()) > MIN_OVERLAP_CHARS
            and indent_width(line) == indent_width(below)
            and is_same_line(line, below)
        )
        # Two lines in a row that are also together further down are no coincidence either.
        pair = [each.rstrip() for each in lines[index : index + 2]]
        if is_next or (len(pair) > 1 and all(map(str.strip, pair)) and pair in (near[:2], near[1:])):
            return replace(draft, text="\n".join(lines[:index]))
    return draft


def drop_what_line_has(draft: Draft) -> Draft:
    """Drop the rest of the cursor's line from the text's end, and cut where it is in its middle.

    A lone closing bracket is left to `keep_balanced`, which knows whose it is.
    """
    after = draft.cursor.line_after.strip()
    if not after:
        return draft
    text = draft.text.rstrip()
    while (end := _end_before_repeat(draft, text, after)) < len(text):
        text = text[:end].rstrip()
    if text == draft.text.rstrip() and needs_blank_before(draft.cursor.line_after[:1]):
        text = draft.text  # the blank at its end keeps it apart
    # `g();` before `);` has the `;` twice, though the bracket is its own.
    if text[-1:] in {";", ",", ":"} and after.lstrip(")]}'\"`").startswith(text[-1]):
        text = text[:-1]
    return replace(draft, text=text)


def _end_before_repeat(draft: Draft, text: str, after: str) -> int:
    """Return where in `text` the beginning of `after`, the rest of the line, is repeated; its length if nowhere."""
    solid_after = "".join(after.split())
    at = text.partition("\n")[0].find(after)
    if at >= 0 and len(solid_after) >= MIN_OVERLAP_CHARS and _may_end(draft, text[:at], after):
        return at
    # The text's end without white space, and where in the text each of its characters is, last first.
    places = [index for index in range(max(0, len(text) - 2 * len(after)), len(text)) if not text[index].isspace()]
    places = places[-len(solid_after) :][::-1]
    tail = "".join(text[index] for index in reversed(places))
    # In a string brackets are not counted, and in a template's `${}` one too many is its text.
    is_counted = draft.surroundings.balance.open_marks[-1:] in {("(",), ("[",), ("{",), ()}
    for length in range(len(tail), 0, -1):
        is_lone_bracket = length == 1 and after[0] in ")]}" and is_counted
        if tail[-length:] == solid_after[:length] and _may_end(draft, text[: places[length - 1]], after):
            return len(text) if is_lone_bracket else places[length - 1]
    return len(text)


def _may_end(draft: Draft, kept: str, after: str) -> bool:
    """True if a text cut to `kept` neither ends in half a word nor leaves its brackets open."""
    cuts_word = after[0].isalnum() and kept[-1:].isalnum()
    return not cuts_word and draft.surroundings.balance.keeps(kept)


def drop_closing_tag(draft: Draft) -> Draft:
    """Cut before a tag that closes the cursor's element if the document closes it already."""
    if draft.cursor.language.id not in MARKUP or "</" not in draft.text:
        return draft
    below = _first_unopened(draft.cursor.suffix[:TAG_CHARS])
    here = _first_unopened(draft.text)
    if below and here and below.group(2) == here.group(2):
        return replace(draft, text=draft.text[: here.start()])
    return draft


def _first_unopened(text: str) -> re.Match[str] | None:
    """Return the first tag that closes what `text` does not open."""
    opened: list[str] = []
    for tag in TAG.finditer(text):
        closes, name, _, closes_itself = tag.groups()
        if closes:
            if name not in opened:
                return tag
            del opened[len(opened) - 1 - opened[::-1].index(name) :]
        elif not closes_itself and (name or "") not in VOID:
            opened.append(name)
    return None
