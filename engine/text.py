"""Characters, lines and line ends.

Prompts, filters and caches see LF; a document's own line ends come back at the border.
"""

from __future__ import annotations

import re
from collections import Counter

CRLF, CR, LF = "\r\n", "\r", "\n"
LINE_END = re.compile(r"\r\n|\n|\r")  # those of LSP
NEAR_LINES, NEAR_CHARS = 5, 10_000  # on each side of a place, whose line ends count there
HALF_A_CHARACTER = "\ufffd"  # what a decoder puts in the place of a character whose last byte has not come yet


def with_lf(text: str) -> str:
    """Return the text with LF line ends."""
    if CR not in text:  # the search for one character is 300 times faster
        return text
    return text.replace(CRLF, LF).replace(CR, LF)


def line_end_at(text: str, start: int, end: int | None = None) -> str:
    """Return the line end that is most common from `start` to `end` and on the lines around; LF if there is none.

    A file may mix line ends: what stands far away says nothing about this place. Of equally common ones, the nearest
    above wins.
    """
    if CR not in text:
        return LF
    end = start if end is None else end
    above = LINE_END.findall(text, max(0, start - NEAR_CHARS), start)[-NEAR_LINES:]
    below = LINE_END.findall(text, end, end + NEAR_CHARS)[:NEAR_LINES]
    near = [*reversed(above), *LINE_END.findall(text, start, end), *below] or LINE_END.findall(text)
    return Counter(near).most_common(1)[0][0] if near else LF  # equal ones keep the order in which they were found


def line_of(text: str, offset: int) -> int:
    """Return the line, counted from 0, of an offset in a text with line ends of any kind."""
    return text.count(LF, 0, offset) if CR not in text else with_lf(text[:offset]).count(LF)


def indentation_of(line: str) -> str:
    """Return the white space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def indent_width(line: str) -> int:
    """Return how many white space characters a line begins with."""
    return len(line) - len(line.lstrip())


def is_word_character(char: str) -> bool:
    """True for letters, digits and the underscore, in any script; False for ""."""
    return char.isalnum() or char == "_"
