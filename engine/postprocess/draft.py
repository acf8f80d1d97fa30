"""What passes through the filters, and where it would stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from engine.document import Cursor
from engine.postprocess.balance import Balance
from engine.text import indent_width
from engine.types import Mode

NEAR_CHARS = 4000  # on each side of the cursor, that filters look at
NEAR_LINES = 3  # below the cursor, that a suggestion must not write again: stop rule and filter
CLOSES_OR_BRANCHES = re.compile(
    r"[)\]}]|(?:end|else|elif|elsif|elseif|except|catch|finally|rescue|ensure|case|default|when|fi|done|esac|public"
    r"|private|protected)\b"
)


class NothingToShow(Exception):  # noqa: N818 - it is not an error
    """Nothing should be shown; the message says why."""


def opens_block(line_before: str) -> bool:
    """Whether what follows a cursor behind this is the body of the line, one step further in."""
    return line_before.rstrip().endswith(("{", ":"))


def belongs_to_block(line: str, indent: int, *, opener: bool) -> bool:
    """Whether a line that is not blank still belongs to a block that began on a line indented by `indent`.

    Behind an `opener` the body is indented further; what closes it (`}`, `end`) or branches it (`else`) is not.
    """
    own = indent_width(line)
    return own > indent or (own == indent and (not opener or bool(CLOSES_OR_BRANCHES.match(line.lstrip()))))


def closes_bracket(line: str) -> bool:
    """Whether a line begins by closing what stands open above it."""
    return line.lstrip()[:1] in {")", "]", "}"}


@dataclass(frozen=True)
class Surroundings:
    """The code around a cursor, as filters look at it."""

    cursor: Cursor

    @cached_property
    def lines_above(self) -> list[str]:
        """The nearest lines above the cursor's, in the file's order."""
        prefix = self.cursor.prefix
        end = prefix.rfind("\n")
        return prefix[max(0, end - NEAR_CHARS) : end].split("\n") if end >= 0 else []

    @cached_property
    def lines_below(self) -> list[str]:
        """The nearest lines below the cursor's."""
        return self.cursor.suffix[:NEAR_CHARS].split("\n")[1:]

    @cached_property
    def next_line(self) -> str:
        """The nearest line below that is not blank, or ""."""
        return next((line.rstrip() for line in self.lines_below if line.strip()), "")

    @cached_property
    def balance(self) -> Balance:
        return Balance(self.cursor)


@dataclass(frozen=True)
class Draft:
    """A suggestion on its way to the editor. All text has LF line ends."""

    text: str
    surroundings: Surroundings
    mode: Mode

    @property
    def cursor(self) -> Cursor:
        return self.surroundings.cursor
