"""A model that gives what was cut out of a real file: it is shown as it is, or cut at its end, or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.document import Cursor, Document
from engine.postprocess import Surroundings, apply_filters
from engine.postprocess.draft import Draft, NothingToShow
from engine.types import Mode

REPOSITORY = Path(__file__).parents[2]
HOLES = 150  # of each kind of file
SOURCES = (
    "engine/**/*.py",
    "clients/vscode/src/**/*.ts",
    "clients/vscode/tools/*.mjs",
    "lsp_server/cli/samples/**/*.*",
)


class Hole(NamedTuple):
    path: str
    text: str  # without what was cut out
    offset: int
    cut: str

    @property
    def shown(self) -> str:
        """What the filters leave of the text that was cut out; "" if nothing."""
        cursor = Cursor(Document(self.path, "", self.text), self.offset)
        mode = Mode.BLOCK if "\n" in self.cut else Mode.LINE
        try:
            return apply_filters(Draft(self.cut, Surroundings(cursor), mode)).text
        except NothingToShow:
            return ""


def holes(pattern: str, seed: int) -> Iterator[Hole]:
    """Yield holes within lines, to a line's end, and of several lines, from a line's beginning or its end."""
    chance = random.Random(seed)
    files = [file for file in sorted(REPOSITORY.glob(pattern)) if file.suffix in {".py", ".ts", ".mjs", ".go", ".java"}]
    for _ in range(HOLES):
        file = chance.choice(files)
        lines = file.read_text(encoding="utf-8").split("\n")
        first = chance.randrange(len(lines))
        last = min(len(lines) - 1, first + chance.choice([0, 0, 1, 2, 4]))
        column = chance.choice([0, len(lines[first]), chance.randint(0, len(lines[first]))])
        text, start = "\n".join(lines), sum(len(line) + 1 for line in lines[:first]) + column
        line_end = sum(len(line) + 1 for line in lines[:last]) + len(lines[last])
        end = chance.choice([line_end, line_end, chance.randint(start, max(start, line_end))])
        if text[start:end].strip():
            yield Hole(file.name, text[:start] + text[end:], start, text[start:end])


@pytest.mark.parametrize("pattern", SOURCES)
@pytest.mark.parametrize("seed", range(2))
def test_what_was_cut_out_is_shown_unchanged_or_cut_at_its_end_or_not_at_all(pattern: str, seed: int) -> None:
    damaged = [(hole, hole.shown) for hole in holes(pattern, seed) if not hole.cut.startswith(hole.shown.rstrip())]
    assert damaged == []
