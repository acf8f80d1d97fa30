"""All candidates for a situation, from all sources."""

from __future__ import annotations

from engine.next_edit.sources.declaration import find_declarations
from engine.next_edit.sources.fix import with_diagnostics
from engine.next_edit.sources.imports import find_imports
from engine.next_edit.sources.lines import find_line_changes
from engine.next_edit.sources.rename import find_renames
from engine.next_edit.sources.repeat import find_repeats
from engine.next_edit.sources.signature import find_calls
from engine.next_edit.values import Candidate, Situation

SOURCES = (find_renames, find_repeats, find_line_changes, find_imports, find_declarations, find_calls)


def gather(situation: Situation) -> list[Candidate]:
    """Return each distinct change once, for each kind that leads to it."""
    found: dict[tuple[str, str, int, int, tuple[str, ...]], Candidate] = {}
    for source in SOURCES:
        for each in source(situation):
            found.setdefault((each.kind, each.path, each.start, each.end, each.lines), each)
    return with_diagnostics(situation, list(found.values()))
