"""The frozen values that pass between the stages of a next edit.

Lines count from 0, ends are exclusive, texts have LF line ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine.context.source import Source


@dataclass(frozen=True)
class Hunk:
    """Neighbouring lines that the user changed."""

    path: str
    line: int  # of the first line, in the text as it is now
    before: tuple[str, ...]  # the lines as they were
    after: tuple[str, ...]  # the lines as they are
    number: int  # of the edit that touched it last; grows with each edit of any file

    @property
    def end(self) -> int:
        """The line after the last changed one, in the text as it is now."""
        return self.line + len(self.after)


@dataclass(frozen=True)
class Diagnostic:
    """What the editor reports about a place."""

    path: str
    line: int
    message: str


@dataclass(frozen=True)
class Trail:
    """What the user did lately."""

    hunks: tuple[Hunk, ...]  # the one edited last stands last
    taken_back: tuple[str, ...] = ()  # texts that the user wrote or accepted and then removed or undid


class Files(Protocol):
    """The texts of the workspace, as the editor has them. Paths are relative, with slashes."""

    def read(self, path: str) -> Source | None:
        """Return the current text of a file, or None if it cannot or may not be read."""
        ...

    def using(self, word: str, like: Source, limit: int, near: tuple[str, ...] = ()) -> list[str]:
        """Return paths of files that hold `word`, of languages that share names with `like`.

        Those where other words, `near`, stand near it come first; without these, those that are nearest in the folders.
        """
        ...

    def declaring(self, name: str, like: Source, limit: int) -> list[str]:
        """Return paths of files that declare `name`, of languages that share names with `like`."""
        ...


@dataclass(frozen=True)
class Situation:
    """All that a source of next edits looks at."""

    source: Source  # the file with the cursor
    line: int  # of the cursor
    trail: Trail
    files: Files
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """Lines `start` to `end` of a file are to become `lines`. `start` == `end` inserts before that line."""

    path: str
    start: int
    end: int
    lines: tuple[str, ...]
    kind: str  # the source that found it
    reason: str  # in words, for the user
    signals: Mapping[str, float] = field(default_factory=dict, compare=False)  # what the ranking weighs


@dataclass(frozen=True)
class Proposal:
    """A next edit: [`start`, `end`) of the file's text, in code points, becomes `new_text`."""

    path: str
    start: int
    end: int
    new_text: str
    kind: str
    reason: str
    probability: float  # that it is right
    line: int  # where the change begins
    text: str  # of the file that it changes
    candidate: Candidate


@dataclass(frozen=True)
class Outcome:
    """Proposals, the most probable first; or none, and the reason for silence."""

    proposals: tuple[Proposal, ...] = ()
    silence: str = ""
    line: int = 0  # of the cursor that it is for
    considered: tuple[tuple[Candidate, float], ...] = ()  # all candidates with their probabilities, best first
