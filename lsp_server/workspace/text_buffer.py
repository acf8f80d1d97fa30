r"""An open text as pieces of a few thousand characters, so that a change costs what it touches.

Lines end at \n, \r\n and \r only (LSP 3.18, "Text Documents"). Columns are in the client's units (UTF-8, UTF-16 or
UTF-32); a column past the end of its line is its end, and a line past the last one the end of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

PIECE_CHARS = 4096
LINE_END = re.compile(r"\r\n|\r|\n")


class Mark(NamedTuple):
    """Where a piece begins."""

    line: int
    column: int  # in the client's units
    offset: int  # in code points


class Size(NamedTuple):
    """What a piece adds to a mark."""

    chars: int
    line_ends: int
    tail: int  # units after its last line end, or all of them


class TextBuffer:
    """A text that is edited by positions. `units` measures a string in the client's units."""

    def __init__(self, text: str, units: Callable[[str], int]) -> None:
        self._units = units
        self._pieces = list(_split(text))
        self._sizes = [self._measure(piece) for piece in self._pieces]
        self._marks = [Mark(0, 0, 0)]  # of the first pieces, as far as they are known
        self._text: str | None = text

    def __len__(self) -> int:
        """Return the number of code points."""
        return sum(size.chars for size in self._sizes)

    @property
    def text(self) -> str:
        """The whole text; joined when it is first read after a change."""
        if self._text is None:
            self._text = "".join(self._pieces)
        return self._text

    def offset_at(self, line: int, column: int) -> int:
        """Return the offset of a position, in code points."""
        piece, inner = self._find(line, column)
        return self._marks[piece].offset + inner

    def position_at(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of an offset in code points."""
        offset = max(0, offset)
        piece = self._last_mark(lambda mark: mark.offset <= offset)
        mark, text = self._marks[piece], self._pieces[piece][: offset - self._marks[piece].offset]
        size = self._measure(text)
        return mark.line + size.line_ends, size.tail + (0 if size.line_ends else mark.column)

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Replace what is between two positions, (line, column) each, in whichever order they come."""
        start, end = sorted((max(0, line), max(0, column)) for line, column in (start, end))
        first, begin = self._find(*start)
        last, stop = self._find(*end)
        joined = self._pieces[first][:begin] + text + self._pieces[last][stop:]
        if first and joined[:1] == "\n" and self._pieces[first - 1].endswith("\r"):
            first -= 1
            joined = self._pieces[first] + joined
        following = last + 1
        while following < len(self._pieces) and (
            len(joined) < PIECE_CHARS // 2 or (joined.endswith("\r") and self._pieces[following].startswith("\n"))
        ):
            joined += self._pieces[following]
            following += 1
        pieces = list(_split(joined))
        self._pieces[first:following] = pieces
        self._sizes[first:following] = [self._measure(piece) for piece in pieces]
        del self._marks[first + 1 :]
        self._text = None

    def _find(self, line: int, column: int) -> tuple[int, int]:
        """Return (the piece that holds a position, the offset in it)."""
        line, column = max(0, line), max(0, column)
        target = (line, column)
        piece = self._last_mark(lambda mark: mark[:2] <= target)
        mark, text = self._marks[piece], self._pieces[piece]
        at = 0
        for _ in range(line - mark.line):
            found = LINE_END.search(text, at)
            if found is None:
                return piece, len(text)
            at = found.end()
        found = LINE_END.search(text, at)
        end = found.start() if found else len(text)
        left = column - mark.column if line == mark.line else column
        return piece, at + self._advance(text[at:end], left)

    def _last_mark(self, is_before: Callable[[Mark], bool]) -> int:
        """Return the last piece whose mark is before a target; marks are made as far as they are needed."""
        marks = self._marks
        if is_before(marks[-1]):
            while len(marks) < len(self._pieces):
                following = _after(marks[-1], self._sizes[len(marks) - 1])
                marks.append(following)
                if not is_before(following):
                    return len(marks) - 2
            return len(marks) - 1
        return bisect_right(marks, False, key=lambda mark: not is_before(mark)) - 1  # noqa: FBT003

    def _advance(self, text: str, units: int) -> int:
        """Return how many characters take `units`; the middle of a character is its end."""
        if self._units(text) == len(text):
            return min(units, len(text))
        passed = 0
        for count, character in enumerate(text):
            if passed >= units:
                return count
            passed += self._units(character)
        return len(text)

    def _measure(self, text: str) -> Size:
        ends = text.count("\n") if "\r" not in text else len(LINE_END.findall(text))
        tail = max(text.rfind("\n"), text.rfind("\r")) + 1
        return Size(len(text), ends, self._units(text[tail:]))


def _after(mark: Mark, size: Size) -> Mark:
    column = size.tail if size.line_ends else mark.column + size.tail
    return Mark(mark.line + size.line_ends, column, mark.offset + size.chars)


def _split(text: str) -> Iterator[str]:
    """Yield the pieces of a text, at least one; none ends between the two characters of a line end."""
    start = 0
    while len(text) - start > 2 * PIECE_CHARS:
        end = start + PIECE_CHARS
        end += text[end - 1] == "\r" and text[end] == "\n"
        yield text[start:end]
        start = end
    yield text[start:]
