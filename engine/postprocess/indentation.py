"""Filters for indentation, which should be the file's and not the model's; and for the end of a block."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from engine.document import Cursor
from engine.postprocess.draft import Draft, Surroundings, belongs_to_block, closes_bracket, opens_block
from engine.postprocess.lexer import CLOSER_OF
from engine.text import indent_width, indentation_of

TABS_ONLY = frozenset({"go", "makefile"})
DEFAULT_WIDTH = 4
UNITS = ("\t", "  ", "   ", "    ", "        ")
STEPS_SEEN = 80  # lines on each side of the cursor that tell the file's unit


def indent_unit(surroundings: Surroundings) -> str:
    """Return one step of the file's indentation: a tab, or spaces; "" if the file does not tell."""
    cursor = surroundings.cursor
    lines = [*surroundings.lines_above[-STEPS_SEEN:], cursor.line_before, *surroundings.lines_below[:STEPS_SEEN]]
    indented = [line for line in lines if line[:1] in {" ", "\t"} and line.strip()]
    tabs = sum(line[0] == "\t" for line in indented)
    if cursor.line_before[:1] == "\t" or tabs * 2 > len(indented):
        return "\t"
    solid = [indent_width(line) for line in lines if line.strip() and line[:1] != "\t"]
    steps = Counter(deeper - indent for indent, deeper in pairwise(solid) if deeper > indent)
    widths = [(count, -len(unit), unit) for unit in UNITS[1:] if (count := steps[len(unit)])]
    if widths:
        return max(widths)[2]
    return "\t" if cursor.language.id in TABS_ONLY else " " * indent_width(cursor.line_before)


def simulate_enter(surroundings: Surroundings) -> tuple[str, str]:
    """Return what most editors insert for Enter at the end of a line: (before the cursor, after it).

    It is the line's own indentation, one step deeper after what opens a block; a bracket at the cursor that closes what
    the line has opened goes below. ("", "") on blank lines and within a line, where editors differ.
    """
    cursor = surroundings.cursor
    line, rest = cursor.line_before, cursor.line_after
    if not line.strip():
        return "", ""
    base, unit = indentation_of(line), indent_unit(surroundings) or " " * DEFAULT_WIDTH
    if rest[:1] and rest[:1] == CLOSER_OF.get(line[-1:]):
        return f"\n{base}{unit}", f"\n{base}"
    opens = line.rstrip().endswith(cursor.language.block_openers)
    return ("", "") if rest.strip() else (f"\n{base}{unit if opens else ''}", "")


def fit_indentation(draft: Draft) -> Draft:
    """Indent the text's lines as the file is: with its character and its width, the first line as the cursor is."""
    cursor = draft.cursor
    lines = draft.text.split("\n")
    if len(lines) == 1 and not (lines[0][:1].isspace() and not cursor.line_before.strip()):
        return draft
    unit = indent_unit(draft.surroundings)
    if not cursor.line_before.strip():
        lines[0] = _first_line(cursor, lines[0], unit)
    if unit and len(lines) > 1 and not draft.surroundings.balance.is_in_text:
        base = indentation_of(cursor.line_before)
        model = _unit_of_text(lines, base, unit)
        lines[1:] = [_fit(line, base, model, unit) for line in lines[1:]]
    return replace(draft, text="\n".join(lines))


def _first_line(cursor: Cursor, line: str, unit: str) -> str:
    """Return the first line: without indentation after the cursor's own; at the start of a line by whole steps."""
    indent = indent_width(line)
    if cursor.line_before or not line.strip() or not indent:
        # The cursor's own indentation is what the editor or the user chose.
        return line.lstrip(" \t") if cursor.line_before else line
    levels = _levels(line[:indent], unit)
    return unit * levels + line[indent:] if unit else line


def _levels(blanks: str, unit: str) -> int:
    width = 1 if unit == "\t" else len(unit)
    spaces = blanks.count(" ") + blanks.count("\t") * (DEFAULT_WIDTH if unit == "\t" else width)
    return round(spaces / (DEFAULT_WIDTH if unit == "\t" else max(1, width)))


def _unit_of_text(lines: list[str], base: str, unit: str) -> str:
    """Return the model's own step: what a line adds to one that opens a block."""
    before = base
    for one, other in pairwise(lines):
        blanks = indentation_of(other)
        before = indentation_of(one) if one is not lines[0] else base
        if opens_block(one) and other.strip() and len(blanks) > len(before) and blanks.startswith(before):
            step = blanks[len(before) :]
            return "\t" if set(step) == {"\t"} else step
    if unit == "\t":
        spaced = [len(match[0]) for line in lines[1:] if line.strip() and (match := re.match(" +", line))]
        return " " * min((width for width in spaced if width > 1), default=DEFAULT_WIDTH)
    return "\t" if any(line[:1] == "\t" for line in lines[1:]) else unit


def _fit(line: str, base: str, model: str, unit: str) -> str:
    """Return `line` with the model's steps beyond `base` turned into the file's."""
    blanks, rest = indentation_of(line), line.lstrip(" \t")
    if not rest:
        return ""
    if blanks.startswith(base):
        start, steps = base, blanks[len(base) :]
    elif "\t" in blanks or "\t" in base or unit == "\t":
        start, steps = "", blanks  # the other character from the line's beginning
    else:
        return line
    if not model or model == unit or not steps:
        return line if set(blanks) <= set(base + unit) else start + steps.replace("\t", unit) + rest
    count, left = divmod(len(steps), len(model)) if set(steps) == set(model) else (_levels(steps, unit), 0)
    # A remainder aligns a line with what is above it: that stays spaces.
    return start + unit * count + " " * left + rest


def stay_in_block(draft: Draft) -> Draft:
    """End the text before the first line that is indented too little for the cursor's block.

    A bracket that closes what is open above the cursor, and that nothing below closes, still belongs to the block.
    """
    before = draft.cursor.line_before
    opener, indent = opens_block(before), indent_width(before)
    lines = draft.text.split("\n")
    for index, line in enumerate(lines[1:], start=1):
        if line.strip() and not belongs_to_block(line, indent, opener=opener):
            with_closer = "\n".join(lines[: index + 1])
            depths_above = {indent_width(above) for above in draft.surroundings.lines_above if above.strip()}
            if (
                closes_bracket(line)
                and indent_width(line) in depths_above
                and draft.surroundings.balance.keeps(with_closer)
            ):
                return replace(draft, text=with_closer)
            return replace(draft, text="\n".join(lines[:index]))
    return draft
