"""Workspaces for tests of the index: files on disk, an index over them, a place in a file."""

from __future__ import annotations

from pathlib import Path

from engine.context.index import MemoryIndex
from engine.context.source import Source
from engine.context.view import View
from engine.document import Cursor
from tests.scripted import CURSOR

SECONDS = 60.0


def write(root: Path, **files: str) -> None:
    """Files by name; dots are spelled `_dot_`, folders `__`."""
    for name, text in files.items():
        file = root / name.replace("_dot_", ".").replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def memory_index(**files: str) -> MemoryIndex:
    index = MemoryIndex()
    for name, text in files.items():
        index.put(Source(name.replace("_dot_", ".").replace("__", "/"), "", text))
    return index


def view_at(source: str, path: str = "main.py", chars: int = 4_000) -> View:
    before, after = source.split(CURSOR)
    return View(Cursor.between(before, after, path), chars, chars)
