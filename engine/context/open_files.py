"""The open files of a workspace, as its index has them: a key costs what it changes, not its whole file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from engine.context.exclusion import MAX_FILE_BYTES, why_not_open, why_not_text
from engine.context.outline import outline
from engine.context.secrets import masked
from engine.context.source import Changed, Source, changed_lines
from engine.document import Document
from engine.text import with_lf

PARSE_SHARE = 0.005  # of the time in which the user types, at most, for making outlines
MARGIN_LINES = 2  # a secret may reach over a name, an operator and a value with blank lines between


class _Known(NamedTuple):
    """An open file in its last version."""

    lines: list[str]  # as in the editor
    source: Source  # with these lines masked
    parsed_at: float
    parse_seconds: float
    is_parsed: bool  # False: the outline is that of an older text, moved


class OpenFiles:
    """Owned by the thread that owns the index. `clock` is in seconds."""

    def __init__(self, root: Path, excluded: tuple[str, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._root, self._excluded, self._clock = root, excluded, clock
        self._known: dict[str, _Known] = {}

    def source(self, path: str, language: str, text: str) -> Source | None:
        """Return an open file's text as `read_source` would; None if its file may not be read."""
        known = self._known.pop(path, None)
        document = Document(path, language, text, self._root / path, self._root)
        if why_not_open(document, self._excluded) or len(text) > MAX_FILE_BYTES or why_not_text(text):
            return None
        text = with_lf(text.removeprefix("\ufeff"))
        lines = text.split("\n")
        if known is None:
            return self._parsed(lines, Source(path, language, masked(text)))
        changed = changed_lines(known.lines, lines)
        source = Source(path, language, "\n".join(_masked(known.source.lines, lines, changed)))
        if self._clock() - known.parsed_at > known.parse_seconds / PARSE_SHARE:
            return self._parsed(lines, source)
        source.declarations = known.source.declarations.moved(changed.old_end, changed.new_end - changed.old_end)
        self._known[path] = known._replace(lines=lines, source=source, is_parsed=False)
        return source

    def outdated(self) -> Iterator[Source]:
        """Yield the texts whose outline was that of an older one, with their own."""
        for path, known in list(self._known.items()):
            if not known.is_parsed:
                source = Source(path, known.source.language, known.source.text)
                yield self._parsed(known.lines, source)

    def closed(self, path: str) -> None:
        self._known.pop(path, None)

    def _parsed(self, lines: list[str], source: Source) -> Source:
        began = self._clock()
        source.declarations = outline(source.language, source.text)
        now = self._clock()
        self._known[source.path] = _Known(lines, source, now, now - began, is_parsed=True)
        return source


def _masked(shown: list[str], lines: list[str], changed: Changed) -> list[str]:
    """Return `lines` with secrets masked; `shown` are the masked lines before they `changed`."""
    above, below = _beyond(lines, changed.start, -1), _beyond(lines, changed.new_end, 1)
    start, end = _beyond(lines, above, -1), _beyond(lines, below, 1)
    around = masked("\n".join(lines[start:end])).split("\n")
    kept_below = len(lines) - below
    return [*shown[:above], *around[above - start : below - start], *shown[len(shown) - kept_below :]]


def _beyond(lines: list[str], at: int, step: int) -> int:
    """Return the border `MARGIN_LINES` lines further up or down, not counting blank lines."""
    left = MARGIN_LINES
    while left and 0 <= (line := at - (step < 0)) < len(lines):
        left -= bool(lines[line].strip())
        at += step
    return at
