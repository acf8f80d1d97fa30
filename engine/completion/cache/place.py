"""A cursor's place in a document, by the text around it, within bounded windows and with LF line ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.line_ends import with_lf
from engine.types import Mode

ABOVE_CHARS = 1_000  # above the cursor's line, that make two places the same
AFTER_CHARS = 200  # behind the cursor, likewise
TYPED_CHARS = 4_000  # the longest text that is still "typed since"
TYPED_LINES = 17  # and its lines: a block's, with its first
# What editors put behind the cursor as a bracket, a quote or a block is opened, and the line ends they move it to.
BY_THE_EDITOR = re.compile(r"""[\s)\]}'"`>;]{0,64}""")


@dataclass(frozen=True)
class Line:
    """The cursor's line, or one above it: a key of all that stands above, and the text from its start to the cursor."""

    key: int
    text: str


@dataclass(frozen=True)
class Place:
    """Where a completion is asked. `epoch` counts the changes of what the model is shown of other documents.

    `lines`: the cursor's line and those above it, upwards. `after` is what stands behind the cursor; `settled` the same
    without what editors insert there by themselves.
    """

    document: str
    epoch: int
    lines: tuple[Line, ...]
    after: str
    settled: str

    @property
    def key(self) -> int:
        return self.lines[0].key

    @property
    def line(self) -> str:
        """The cursor's line up to the cursor."""
        return self.lines[0].text

    def is_at(self, other: Place) -> bool:
        """Whether the model would be asked the very same there."""
        return (self.lines[0], self.after, self.epoch) == (other.lines[0], other.after, other.epoch)


def place_of(document: str, text: str, offset: int, epoch: int = 0, mode: Mode | None = None) -> Place:
    """The place of `offset` in a text. `document` names it among others; `mode` is what is asked for, if any is."""
    # A CRLF is two characters here and one below: a window of twice the length has enough of either.
    before = with_lf(text[max(0, offset - 2 * (ABOVE_CHARS + TYPED_CHARS)) : offset])
    after = with_lf(text[offset : offset + 4 * AFTER_CHARS])
    settled = after[_by_the_editor(after) :]
    lines = tuple(_lines(document, before, mode))
    return Place(document, epoch, lines, after[:AFTER_CHARS], settled[:AFTER_CHARS])


def _by_the_editor(after: str) -> int:
    found = BY_THE_EDITOR.match(after)
    return found.end() if found else 0


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
