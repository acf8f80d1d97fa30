"""A text in the index, and the chunks in which it is searched."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from engine.context.outline import Outline, outline
from engine.context.syntax import COMMENTARY, Family, family_of
from engine.context.words import IDENTIFIER, terms_of_text
from engine.languages import language_of

CHUNK_LINES = 20
CHUNK_STRIDE = 10
MAX_SHOWN_LINE_CHARS = 300
MAX_STATEMENT_LINES = 4
NAME = re.compile(r"(\.|->|::)?\s*([^\W\d][\w$]*|\$[\w$]+)")


class Chunk(NamedTuple):
    """Lines of a file, counted from 0, the end exclusive, and how well they match."""

    path: str
    start: int
    end: int
    score: float


class Changed(NamedTuple):
    """The lines from `start` to `old_end` of a text became the lines from `start` to `new_end` of another."""

    start: int
    old_end: int
    new_end: int


def changed_lines(old: list[str], new: list[str]) -> Changed:
    """Return the range of lines in which two texts differ."""
    most = min(len(old), len(new))
    above = next((line for line in range(most) if old[line] != new[line]), most)
    below = next((line for line in range(most - above) if old[-1 - line] != new[-1 - line]), most - above)
    return Changed(above, len(old) - below, len(new) - below)


class Source:
    """One text with LF line ends. What is derived from it is made when it is first needed, and kept.

    `declarations` returns its outline, if that is known already.
    """

    def __init__(
        self, path: str, language_id: str, text: str, declarations: Callable[[], Outline] | None = None
    ) -> None:
        self.path = path
        self.language = language_of(language_id, path).id
        self.text = text
        self._given = declarations
        self._names: dict[int, tuple[str, ...]] = {}
        self._ends: dict[int, int] = {}
        self._words: dict[tuple[int, int], frozenset[str]] = {}

    @cached_property
    def family(self) -> Family:
        return family_of(self.language, self.path)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def declarations(self) -> Outline:
        return self._given() if self._given else outline(self.language, self.text)

    @cached_property
    def declared(self) -> frozenset[str]:
        return frozenset(self.declarations.names)

    def line(self, number: int) -> tuple[str, ...]:
        """Return the names that line `number` uses, in order; none if it is a comment, blank, or too long for code."""
        known = self._names.get(number)
        if known is None:
            if number >= len(self.lines):  # an outline may be a second older than its text
                return ()
            text = self.lines[number]
            no_code = COMMENTARY.match(text) or len(text) > MAX_SHOWN_LINE_CHARS
            known = self._names[number] = () if no_code else tuple(IDENTIFIER.findall(text))
        return known

    def members(self, number: int) -> frozenset[str]:
        """Return the names that follow a dot, an arrow or `::` on a line of code."""
        return frozenset([name for joint, name in NAME.findall(self.lines[number]) if joint])

    def names(self, start: int, end: int) -> frozenset[str]:
        """Return the names, without keywords, that lines `start` to `end` use."""
        known = self._words.get((start, end))
        if known is None:
            lines = [self.line(number) for number in range(start, min(end, len(self.lines)))]
            known = self._words[start, end] = frozenset().union(*lines) - self.family.keywords
        return known

    def statement_end(self, start: int) -> int:
        """Return the line after the statement that begins on line `start`: its brackets are closed, within bounds."""
        known = self._ends.get(start)
        if known is None:
            known = self._ends[start] = self._found_end(start)
        return known

    def _found_end(self, start: int) -> int:
        first = self.lines[start]
        if "(" not in first and "[" not in first:
            return start + 1
        depth = first.count("(") - first.count(")")
        if depth <= 0 and "[" not in first:
            return start + 1
        depth = 0
        for number in range(start, min(len(self.lines), start + MAX_STATEMENT_LINES)):
            line = self.lines[number]
            depth += line.count("(") + line.count("[") - line.count(")") - line.count("]")
            if depth <= 0:
                return number + 1
        return start + 1


def chunk_borders(line_count: int) -> list[tuple[int, int]]:
    """Return (start, end) of the overlapping chunks of a text; the last one may be shorter."""
    borders = []
    start = 0
    while True:
        borders.append((start, min(line_count, start + CHUNK_LINES)))
        if start + CHUNK_LINES >= line_count:
            return borders
        start += CHUNK_STRIDE


def chunk_terms(lines: list[str]) -> list[tuple[int, int, str]]:
    """Return (start, end, terms with blanks between) of each chunk that has terms."""
    by_line = [terms_of_text(line) for line in lines]
    chunks = []
    for start, end in chunk_borders(len(lines)):
        terms = " ".join(filter(None, by_line[start:end]))
        if terms:
            chunks.append((start, end, terms))
    return chunks
