"""What the prompt shows without an index: the text around the cursor, and what to search for because of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from engine.context.source import NAME
from engine.context.syntax import Family, family_of, imported_words
from engine.context.words import IDENTIFIER, query_terms
from engine.document import Cursor
from engine.types import EditedFile, Location

NEAR_CHARS = 2_000
UNFINISHED = re.compile(r"[^\W\d][\w$]*$")


@dataclass(frozen=True)
class View:
    """A cursor, and how much of the text around it a prompt will show."""

    cursor: Cursor
    chars_above: int
    chars_below: int
    recent_edits: tuple[EditedFile, ...] = ()  # in other files, the last edited first
    definitions: tuple[Location, ...] = ()  # of the names at the cursor, as the editor knows them, the nearest first

    @property
    def path(self) -> str:
        return self.cursor.document.path

    @cached_property
    def family(self) -> Family:
        """The language family in which its names are looked for."""
        return family_of(self.cursor.document.language, self.path)

    @cached_property
    def shown(self) -> frozenset[str]:
        """The names that the prompt shows anyway."""
        above, below = self.cursor.prefix[-self.chars_above :], self.cursor.suffix[: self.chars_below]
        return frozenset(IDENTIFIER.findall(above)) | frozenset(IDENTIFIER.findall(below))

    @cached_property
    def first_line(self) -> int:
        """The first line of the file that the prompt shows."""
        return self.cursor.prefix.count("\n", 0, max(0, len(self.cursor.prefix) - self.chars_above))

    @cached_property
    def end_line(self) -> int:
        """The first line after those that the prompt shows."""
        return self.cursor.prefix.count("\n") + self.cursor.suffix[: self.chars_below].count("\n") + 1

    @cached_property
    def terms(self) -> dict[str, float]:
        return query_terms(self.cursor.prefix, self.cursor.suffix, self.family.keywords)

    @cached_property
    def near_names(self) -> frozenset[str]:
        """The names around the cursor, in their spelling."""
        return frozenset(IDENTIFIER.findall(self.cursor.prefix[-NEAR_CHARS:])) | frozenset(
            IDENTIFIER.findall(self.cursor.suffix[:NEAR_CHARS])
        )

    @cached_property
    def imports(self) -> tuple[frozenset[str], ...]:
        return imported_words(self.cursor.prefix + self.cursor.suffix, self.family)

    @cached_property
    def before_name(self) -> str:
        """The cursor's line up to the name being typed."""
        unfinished = UNFINISHED.search(self.cursor.line_before)
        return self.cursor.line_before[: unfinished.start()] if unfinished else self.cursor.line_before

    @cached_property
    def asks_for_member(self) -> bool:
        """True if the name of a member is being typed: after a dot, an arrow, or `::`."""
        return self.before_name.endswith((".", "->", "::"))

    @cached_property
    def name_before(self) -> str:
        """The last whole name before the cursor on its line, or ""."""
        names = NAME.findall(self.before_name)
        return names[-1][1] if names else ""
