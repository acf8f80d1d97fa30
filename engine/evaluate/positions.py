"""Cursor positions in real files, and the text that followed them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.document import Cursor, Document
from engine.text import indent_width
from engine.types import CompletionRequest

# What happens to the rest of the cursor's line: it is removed; its closing brackets, quotes and semicolon stay, as when
# an editor closes what the user opens; or all of it stays, as when the user goes back into a line.
REST = ("removed", "closed", "kept")
QUOTES = "'\"`"
CLOSED = re.compile(r"""[)\]}'"`;:,]+$""")


def closed_by_the_editor(before: str, rest: str) -> str:
    """Return the end of `rest` that an editor has inserted: the partners of what is open before the cursor."""
    opened = sum(before.count(bracket) for bracket in "([{") - sum(before.count(bracket) for bracket in ")]}")
    opened += sum(before.count(quote) % 2 for quote in QUOTES)
    closed = CLOSED.search(rest)
    if closed is None or opened <= 0:
        return ""
    kept = closed[0]
    while sum(character in f")]}}{QUOTES}" for character in kept) > opened:
        kept = kept[1:]
    return kept


@dataclass(frozen=True)
class Position:
    """A request whose document lacks what the user would type next in the cursor's line, and that text.

    `at_line_start`: the cursor is after the indentation; otherwise it is inside the line's text.
    """

    request: CompletionRequest
    rest_of_line: str
    lines_below: str
    at_line_start: bool


def draw_positions(
    files: list[tuple[Path, str]],
    root: Path,
    count: int,
    line_start_share: float,
    rng: random.Random,
    rest: str = "removed",
) -> Iterator[Position]:
    """Yield `count` positions in files, drawn in proportion to their length; blank and very short lines are skipped.

    `files` are pairs (path, languageId), `rest` is one of `REST`. Inside a line every column after its first character
    is equally likely.
    """
    texts = [(file, language, file.read_text(encoding="utf-8")) for file, language in files]
    weights = [len(text) for _, _, text in texts]
    made = 0
    while made < count:
        file, language, text = rng.choices(texts, weights)[0]
        starts = [0, *(i + 1 for i, char in enumerate(text) if char == "\n")]
        start = rng.choice(starts)
        end = text.find("\n", start)
        line = text[start:end] if end >= 0 else text[start:]
        indent = indent_width(line)
        if len(line.strip()) < 2:  # noqa: PLR2004 - a lone bracket is not worth completing
            continue
        at_line_start = rng.random() < line_start_share
        column = indent if at_line_start else rng.randint(indent + 1, len(line) - 1)
        cursor, stop = start + column, start + len(line)
        if rest == "kept":
            stop = cursor
        elif rest == "closed":
            stop -= len(closed_by_the_editor(line[:column], line[column:]))
        path = file.relative_to(root).as_posix()
        document = Document(path, language, text[:cursor] + text[stop:], file, root)
        yield Position(CompletionRequest(Cursor(document, cursor)), text[cursor:stop], text[stop:], at_line_start)
        made += 1
