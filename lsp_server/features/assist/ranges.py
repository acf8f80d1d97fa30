"""Ranges in plain JSON, as methods that LSP lacks hold them."""

from __future__ import annotations

from typing import Any

from lsprotocol import types


def range_to_json(where: types.Range) -> dict[str, Any]:
    """Return an LSP range as JSON."""
    start, end = ({"line": at.line, "character": at.character} for at in (where.start, where.end))
    return {"start": start, "end": end}


def lines_to_json(start_line: int, end_line: int) -> dict[str, Any]:
    """Return whole lines as the JSON of an LSP range; the end is exclusive."""
    return range_to_json(types.Range(types.Position(start_line, 0), types.Position(end_line, 0)))
