"""What passes through the filters."""

from __future__ import annotations

from dataclasses import dataclass

from engine.types import Mode


class Silent(Exception):  # noqa: N818 - it is not an error
    """Nothing should be shown; the message says why."""


def indent_of(line: str) -> int:
    """How many blanks, of whatever kind, a line begins with."""
    return len(line) - len(line.lstrip())


@dataclass(frozen=True)
class Draft:
    """A suggestion on its way to the editor. All text has LF line ends.

    `prefix` and `suffix` are the document's, whole: filters look at what stands around the cursor.
    """

    text: str
    prefix: str
    suffix: str
    mode: Mode

    @property
    def line_before(self) -> str:
        """The cursor's line, up to the cursor."""
        return self.prefix[self.prefix.rfind("\n") + 1 :]

    @property
    def line_after(self) -> str:
        """The cursor's line, behind the cursor."""
        return self.suffix.partition("\n")[0]
