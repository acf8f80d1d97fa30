"""A text as the index holds it, and the chunks it is searched by."""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

from engine.context.outline import Declaration, outline
from engine.context.syntax import Family, family_of, is_commentary
from engine.context.words import terms_of_text
from engine.languages import language_of

CHUNK_LINES = 20
CHUNK_STRIDE = 10
MAX_SHOWN_LINE_CHARS = 300
MAX_STATEMENT_LINES = 4
NAME = re.compile(r"(\.|->|::)?\s*([^\W\d][\w$]*|\$[\w$]+)")


class Chunk(NamedTuple):
    """Lines of a file, from 0, the end exclusive, and how well they match."""

    path: str
    start: int
    end: int
    score: float


class Line(NamedTuple):
    """The names a line of code uses, in order and as a set; those of them that follow a dot, an arrow or `::`."""

    names: tuple[str, ...]
    distinct: frozenset[str]
    members: frozenset[str]


NO_LINE = Line((), frozenset(), frozenset())


class Source:
    """One text, LF line ends. What is derived from it is made when first asked for, and kept with it."""

    def __init__(
        self, path: str, language_id: str, text: str, declarations: tuple[Declaration, ...] | None = None
    ) -> None:
        self.path = path
        self.language = language_of(language_id, path).id
        self.text = text
        self._given = declarations
        self._lines: dict[int, Line] = {}
        self._ends: dict[int, int] = {}
        self._words: dict[tuple[int, int], frozenset[str]] = {}

    @cached_property
    def family(self) -> Family:
        return family_of(self.language, self.path)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def declarations(self) -> tuple[Declaration, ...]:
        return outline(self.language, self.text) if self._given is None else self._given

    @cached_property
    def declared(self) -> frozenset[str]:
        return frozenset(each.name for each in self.declarations)

    @cached_property
    def declared_on(self) -> dict[int, list[str]]:
        """Line -> the names whose declaration begins there."""
        found: dict[int, list[str]] = {}
        for name, _, start, *_ in self.declarations:
            found.setdefault(start, []).append(name)
        return found

    def line(self, number: int) -> Line:
        """What line `number` says; nothing where it is a comment, blank, or too long to be code."""
        known = self._lines.get(number)
        if known is None:
            if number >= len(self.lines):  # an outline may be a second older than its text
                return NO_LINE
            text = self.lines[number]
            if is_commentary(text) or len(text) > MAX_SHOWN_LINE_CHARS:
                known = NO_LINE
            else:
                found = NAME.findall(text)
                names = tuple([name for _, name in found])
                known = Line(names, frozenset(names), frozenset([name for joint, name in found if joint]))
            self._lines[number] = known
        return known

    def names(self, start: int, end: int) -> frozenset[str]:
        """The names, no keywords among them, that lines `start` to `end` use."""
        known = self._words.get((start, end))
        if known is None:
            lines = [self.line(number).distinct for number in range(start, min(end, len(self.lines)))]
            known = self._words[start, end] = frozenset().union(*lines) - self.family.keywords
        return known

    def statement_end(self, start: int) -> int:
        """The line after the statement that begins on line `start`: brackets that open are closed, within bounds."""
        known = self._ends.get(start)
        if known is None:
            known = self._ends[start] = self._found_end(start)
        return known

    def _found_end(self, start: int) -> int:
        first = self.lines[start]
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
    """(start, end) of the overlapping chunks of a text; the last one may be shorter."""
    borders = []
    start = 0
    while True:
        borders.append((start, min(line_count, start + CHUNK_LINES)))
        if start + CHUNK_LINES >= line_count:
            return borders
        start += CHUNK_STRIDE


def chunk_terms(lines: list[str]) -> list[tuple[int, int, str]]:
    """(start, end, terms with blanks between) of each chunk that has any."""
    by_line = [terms_of_text(line) for line in lines]
    chunks = []
    for start, end in chunk_borders(len(lines)):
        terms = " ".join(filter(None, by_line[start:end]))
        if terms:
            chunks.append((start, end, terms))
    return chunks
