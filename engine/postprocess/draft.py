"""What passes through the filters, and the code around its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from engine.document import Cursor
from engine.postprocess.balance import Balance
from engine.text import indent_width
from engine.types import Mode

NEAR_CHARS = 4000  # on each side of the cursor, that filters read
NEAR_LINES = 3  # below the cursor, that a suggestion must not write again: stop rule and filter
CLOSES_OR_BRANCHES = re.compile(
    r"[)\]}]|(?:end|else|elif|elsif|elseif|except|catch|finally|rescue|ensure|case|default|when|fi|done|esac|public"
    r"|private|protected)\b"
)


class NothingToShow(Exception):  # noqa: N818 - it is not an error
    """Nothing should be shown. The message says why."""


def opens_block(line_before: str) -> bool:
    """True if a cursor after this is followed by the body that the line opens, one step deeper."""
    return line_before.rstrip().endswith(("{", ":"))


def belongs_to_block(line: str, indent: int, *, opener: bool) -> bool:
    """True if a line that is not blank belongs to the block that began on a line indented by `indent`.

    After an `opener` the body is indented deeper; what closes it (`}`, `end`) or branches it (`else`) is not.
    """
    own = indent_width(line)
    return own > indent or (own == indent and (not opener or bool(CLOSES_OR_BRANCHES.match(line.lstrip()))))


def closes_bracket(line: str) -> bool:
    """True if a line begins by closing a bracket."""
    return line.lstrip()[:1] in {")", "]", "}"}


@dataclass(frozen=True)
class Surroundings:
    """The code around a cursor, as filters need it."""

    cursor: Cursor

    @cached_property
    def lines_above(self) -> list[str]:
        """The nearest lines above the cursor's, from top to bottom."""
        prefix = self.cursor.prefix
        end = prefix.rfind("\n")
        return prefix[max(0, end - NEAR_CHARS) : end].split("\n") if end >= 0 else []

    @cached_property
    def lines_below(self) -> list[str]:
        """The nearest lines below the cursor's, from top to bottom."""
        return self.cursor.suffix[:NEAR_CHARS].split("\n")[1:]

    @cached_property
    def next_line(self) -> str:
        """The nearest line below that is not blank, or ""."""
        return next((line.rstrip() for line in self.lines_below if line.strip()), "")

    @cached_property
    def balance(self) -> Balance:
        """The brackets and strings around the cursor."""
        return Balance(self.cursor)


@dataclass(frozen=True)
class Draft:
    """A suggestion on its way to the editor."""

    text: str  # with LF line ends
    surroundings: Surroundings
    mode: Mode

    @property
    def cursor(self) -> Cursor:
        return self.surroundings.cursor
