"""Filters for indentation, which should be the file's and not the model's; and for the end of a block."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import islice, pairwise

from engine.postprocess.draft import Draft, NothingToShow, Surroundings, belongs_to_block, closes_bracket, opens_block
from engine.postprocess.lexer import CLOSER_OF
from engine.text import indent_width, indentation_of

TABS_ONLY = frozenset({"go", "makefile"})
DEFAULT_WIDTH = 4
UNITS = ("\t", "  ", "   ", "    ", "        ")
WIDTHS = (2, 3, 4, 8)  # of a tab, written as spaces
NEAR_LINES = 8  # on each side of the cursor, that tell how deep a line may be
CONTINUED = frozenset("=(,+-*|&?[>\\")  # a line that ends so goes on in the next
STEPS_SEEN = 80  # lines on each side of the cursor that tell the file's unit


def indent_unit(surroundings: Surroundings) -> str:
    """Return one step of the file's indentation: a tab, or spaces; "" if the file does not tell."""
    cursor = surroundings.cursor
    lines = [*surroundings.lines_above[-STEPS_SEEN:], cursor.line_before, *surroundings.lines_below[:STEPS_SEEN]]
    indented = [line for line in lines if line[:1] in {" ", "\t"} and line.strip()]
    tabs = sum(line[0] == "\t" for line in indented)
    if cursor.line_before[:1] == "\t" or tabs * 2 > len(indented):
        return "\t"
    steps = _steps(surroundings)
    widths = [(count, -len(unit), unit) for unit in UNITS[1:] if (count := steps[len(unit)])]
    if widths:
        return max(widths)[2]
    return "\t" if cursor.language.id in TABS_ONLY else " " * indent_width(cursor.line_before)


def _steps(surroundings: Surroundings) -> Counter[int]:
    """Return by how many spaces lines around the cursor are indented further than the line above, and how often.

    The first line below the cursor is not compared with those above: the text goes in between.
    """
    above = [*surroundings.lines_above[-STEPS_SEEN:], surroundings.cursor.line_before]
    steps: Counter[int] = Counter()
    for lines in (above, surroundings.lines_below[:STEPS_SEEN]):
        widths = [indent_width(line) for line in lines if line.strip() and line[:1] != "\t"]
        steps.update(deeper - indent for indent, deeper in pairwise(widths) if deeper > indent)
    return steps


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
    if _mixes_blanks(_near_lines(draft.surroundings), unit) and lines[0].strip():
        unit = ""  # the file has both: whatever the model makes of it stays
    if not cursor.line_before.strip():
        lines[0] = _first_line(draft.surroundings, lines[0], unit)
    if unit and not draft.surroundings.balance.is_in_text:
        # A text that indents its first line itself is measured from the line's beginning.
        starts_line = not cursor.line_before and lines[0][:1].isspace()
        if starts_line and not _mixes_blanks(lines, unit):
            return replace(draft, text="\n".join(lines))
        base = indentation_of(cursor.line_before)
        if starts_line:
            lines = ["", *lines]
        elif not cursor.line_before.strip():
            base += indentation_of(lines[0])  # the first line completes the indentation before the cursor
        lines[1:] = _fit_lines(draft.surroundings, lines, base, unit)
        lines = lines[1:] if starts_line else lines
    return replace(draft, text="\n".join(lines))


def _mixes_blanks(lines: list[str], unit: str) -> bool:
    """True if a line is indented by another character than the file's lines are."""
    other = " " if unit == "\t" else "\t"
    return any(line.startswith(other * 2 if other == " " else other) for line in lines)


def _first_line(surroundings: Surroundings, line: str, unit: str) -> str:
    """Return a text's first line as it goes on after the indentation before the cursor.

    The cursor's indentation is what the editor or the user chose: a blank more, or the same once more, is the model's
    mistake, unless it completes an indentation that is not whole yet, or adds a step that may be added here. Raises
    `NothingToShow` if it is neither.
    """
    lead, before = indentation_of(line), surroundings.cursor.line_before
    if not before or not lead or not line.strip():
        return line
    here, wanted = len(before), len(before + lead)
    step = 1 if unit == "\t" else len(unit) if len(unit) > 1 else 0
    above = next((near for near in reversed(surroundings.lines_above) if near.strip()), "")
    body = indent_width(above) + step if opens_block(above) else indent_width(above)
    fitting = {indent_width(above), indent_width(surroundings.next_line), body}
    near = {indent_width(each) for each in _near_lines(surroundings)}
    is_whole = here in fitting or (step > 0 and here % step == 0 and here in near)
    is_closer = line.lstrip()[:1] in set(CLOSER_OF.values())
    may_be = near | {*range(here + 1, indent_width(above))} if is_closer else fitting
    completes = not is_whole and (wanted % step == 0 if step else wanted in WIDTHS)
    if len(set(before + lead)) == 1 and (wanted in may_be or completes):
        return line
    continues = above.rstrip()[-1:] in CONTINUED
    is_repeated = lead == before or len(lead) <= max(step, 1)
    if not near or (is_repeated and here in fitting | {step} and wanted not in near and not continues):
        return line.lstrip(" \t")
    raise NothingToShow("it is indented as no line here is")


def _near_lines(surroundings: Surroundings) -> list[str]:
    """Return the nearest lines around the cursor that are not blank."""
    above = islice(filter(str.strip, reversed(surroundings.lines_above)), NEAR_LINES)
    return [*reversed([*above]), *islice(filter(str.strip, surroundings.lines_below), NEAR_LINES)]


def _levels(blanks: str, unit: str) -> int:
    width = 1 if unit == "\t" else len(unit)
    spaces = blanks.count(" ") + blanks.count("\t") * (DEFAULT_WIDTH if unit == "\t" else width)
    return round(spaces / (DEFAULT_WIDTH if unit == "\t" else max(1, width)))


def _fit_lines(surroundings: Surroundings, lines: list[str], base: str, unit: str) -> list[str]:
    """Return the lines after the first with the model's steps turned into the file's."""
    if unit == "\t" and (width := _width_in_spaces(lines, len(base))):
        return [_with_tabs(line, width) if line[:1] == " " else line if line.strip() else "" for line in lines[1:]]
    near = {indent_width(line) for line in _near_lines(surroundings)} | {len(base)}
    widths = {indent_width(line) for line in lines[1:] if line.strip()}
    if unit != "\t" and widths <= near | {len(base) + len(unit)} and all("\t" not in line for line in lines[1:]):
        return lines[1:]  # as deep as the lines around are
    model = _unit_of_text(lines, base, unit)
    if "\t" not in model + unit and _steps(surroundings)[len(model)]:
        return lines[1:]  # the file has such steps too
    return [_fit(line, base, model, unit) for line in lines[1:]]


def _width_in_spaces(lines: list[str], depth: int) -> int:
    """Return how many spaces stand for a tab in a text written with spaces in a file of tabs; 0 if it does not tell.

    The first line is `depth` tabs deep: a line that follows what it opens is one deeper, others are as deep or less.
    """
    widths = [len(line) - len(line.lstrip(" ")) for line in lines[1:] if line.strip() and line[:1] == " "]
    if not widths or any(line[:1] == "\t" for line in lines[1:]):
        return 0
    first = next(line for line in lines[1:] if line.strip())
    expected = depth + opens_block(lines[0])
    width = len(first) - len(first.lstrip(" "))
    if expected and width % expected == 0 and width // expected in WIDTHS:
        return width // expected
    return 0


def _with_tabs(line: str, width: int) -> str:
    rest = line.lstrip(" ")
    tabs, left = divmod(len(line) - len(rest), width)
    return "\t" * tabs + " " * left + rest


def _unit_of_text(lines: list[str], base: str, unit: str) -> str:
    """Return the model's own step: what a line adds to one that opens a block."""
    before = base
    for one, other in pairwise(lines):
        blanks = indentation_of(other)
        before = indentation_of(one) if one is not lines[0] else base
        if opens_block(one) and other.strip() and len(blanks) > len(before) and blanks.startswith(before):
            step = blanks[len(before) :]
            if step != " ":  # some styles have labels such as C++'s `private:` one blank before what follows
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
