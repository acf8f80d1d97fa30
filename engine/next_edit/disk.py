"""A file's text as the disk has it, for files that are not open."""

from __future__ import annotations

from pathlib import Path

from engine.context.exclusion import MAX_FILE_BYTES, why_not_text
from engine.context.source import Source
from engine.text import with_lf


def read_current(root: Path, path: str) -> Source | None:
    """Return a file that may be edited, with nothing masked; None if it is gone, too large, generated, or no text."""
    file = root / path
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            return None
        text = with_lf(file.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError):
        return None
    return source_to_edit(path, "", text)


def source_to_edit(path: str, language: str, text: str) -> Source | None:
    """Return a text that may be edited; None if it is generated or minified."""
    text = with_lf(text)
    return None if why_not_text(text) else Source(path, language, text)
