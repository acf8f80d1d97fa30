"""What a bare cursor is about: the function or type around it."""

from __future__ import annotations

from lsprotocol import types
from pygls.workspace import TextDocument

from engine.context.outline import outline
from engine.languages import language_of
from engine.line_ends import with_lf

MAX_OUTLINED_CHARS = 500_000
KINDS = frozenset({"function", "type", "implementation"})


def declaration_around(document: TextDocument, where: types.Range) -> types.Range | None:
    """The lines of the innermost function or type around a place, or None."""
    text = document.source
    if len(text) > MAX_OUTLINED_CHARS:
        return None
    language = language_of(document.language_id or "", document.path or "").id
    around = [
        each
        for each in outline(language, with_lf(text))
        if each.start <= where.start.line and where.end.line < each.end and each.kind in KINDS
    ]
    if not around:
        return None
    inner = max(around, key=lambda each: each.start)
    return types.Range(types.Position(inner.start, 0), types.Position(inner.end, 0))
