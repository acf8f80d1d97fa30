"""The function or type around a place, which a bare cursor stands for."""

from __future__ import annotations

from lsprotocol import types
from pygls.workspace import TextDocument

from engine.context.outline import Declaration, outline
from engine.languages import language_of
from engine.text import with_lf

MAX_OUTLINED_CHARS = 500_000
KINDS = frozenset({"function", "type", "implementation"})


def declarations_in(document: TextDocument) -> list[Declaration]:
    """Return the document's functions and types."""
    text = document.source
    if len(text) > MAX_OUTLINED_CHARS:
        return []
    language = language_of(document.language_id or "", document.path or "").id
    return [each for each in outline(language, with_lf(text)) if each.kind in KINDS]


def innermost(declarations: list[Declaration], where: types.Range) -> types.Range | None:
    """Return the lines of the innermost function or type around a place, or None."""
    around = [each for each in declarations if each.start <= where.start.line and where.end.line < each.end]
    if not around:
        return None
    inner = max(around, key=lambda each: each.start)
    return types.Range(types.Position(inner.start, 0), types.Position(inner.end, 0))
