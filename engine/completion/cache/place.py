"""A cursor's place in a document, identified by the text around it, within bounds and with LF line ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engine.document import Cursor
from engine.types import Mode

ABOVE_CHARS = 1_000  # above the cursor's line, compared to tell two places apart
AFTER_CHARS = 200  # after the cursor, likewise
TYPED_CHARS = 4_000  # the longest text that can have been typed since a request
TYPED_LINES = 17  # and its lines: those of a block, with its first
# What editors insert after the cursor as a bracket, a quote or a block is opened, and the line ends they move it to.
INSERTED_BY_EDITOR = re.compile(r"""[\s)\]}'"`>;]{0,64}""")


class Line(NamedTuple):
    """The cursor's line, or one above it."""

    key: int  # of all that is above it
    text: str  # from its start to the cursor


@dataclass(frozen=True)
class Place:
    """Where a completion is requested."""

    document: str  # a name, such as the URI
    epoch: int  # changes with all but this document that the model could see
    lines: tuple[Line, ...]  # the cursor's line and those above it, upwards
    after: str  # the text after the cursor
    stable_after: str  # the same without what editors insert there by themselves

    @property
    def key(self) -> int:
        return self.lines[0].key

    @property
    def line(self) -> str:
        """The cursor's line up to the cursor."""
        return self.lines[0].text

    def is_at(self, other: Place) -> bool:
        """True if the model would get the very same prompt there."""
        return (self.lines[0], self.after, self.epoch) == (other.lines[0], other.after, other.epoch)


def place_of(document: str, cursor: Cursor, epoch: int = 0, mode: Mode | None = None) -> Place:
    """Return the place of a cursor. `document` names its text among others; `mode` is the requested one, if any is."""
    before, after = cursor.near_prefix, cursor.near_suffix
    by_the_editor = INSERTED_BY_EDITOR.match(after)
    stable_from = by_the_editor.end() if by_the_editor else 0
    lines = tuple(_lines(document, before, mode))
    return Place(document, epoch, lines, after[:AFTER_CHARS], after[stable_from : stable_from + AFTER_CHARS])


def _lines(document: str, before: str, mode: Mode | None) -> Iterator[Line]:
    start = len(before)
    for number in range(TYPED_LINES):
        if number and not start:
            return
        start = before.rfind("\n", 0, max(0, start - 1)) + 1 if number else before.rfind("\n") + 1
        if number and len(before) - start > TYPED_CHARS:
            return
        above = before[max(0, start - ABOVE_CHARS) : start]
        yield Line(hash((document, mode, above)), before[start:])
