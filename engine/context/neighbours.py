"""The texts beside the one being edited: open documents first, then files of the same folder and language."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from engine.context.exclusion import why_not_file, why_not_open, why_not_text
from engine.languages import language_of
from engine.types import CompletionRequest, Document

MAX_FOLDER_FILES = 40
MAX_FOLDER_BYTES = 1_000_000
MAX_CACHED_FILES = 64
LISTING_SECONDS = 5.0  # a folder's listing is that old at most; a new file changes the folder's own time anyway


def neighbours(request: CompletionRequest) -> list[tuple[Document, str]]:
    """(document, why it is here), without the one being edited. Reads the disk; what cannot be read is passed over."""
    here = request.document
    found = [
        (other, "open in the editor")
        for other in request.others
        if not _same(other, here) and not why_not_open(other) and not _why_not_text(other.text)
    ]
    if here.file is None or here.root is None:
        return found
    seen = {here.file, *(other.file for other in request.others)}
    left_bytes = MAX_FOLDER_BYTES
    for file in _files_beside(here.file, language_of(here.language, here.path).suffixes)[:MAX_FOLDER_FILES]:
        if file in seen or why_not_file(file, here.root):
            continue
        text = _text(file)
        left_bytes -= len(text)
        if left_bytes < 0:
            break
        if text:
            path = file.relative_to(here.root).as_posix() if file.is_relative_to(here.root) else file.name
            found.append((Document(path, here.language, text, file, here.root), "in the same folder"))
    return found


def _same(one: Document, other: Document) -> bool:
    return one.file == other.file if one.file and other.file else one.path == other.path


def _files_beside(file: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of the same language in the folder, the latest modified first."""
    try:
        return _listed(file.parent, file.parent.stat().st_mtime_ns, int(time.monotonic() / LISTING_SECONDS), suffixes)
    except OSError:
        return []


@lru_cache(maxsize=16)
def _listed(folder: Path, _stamp: int, _period: int, suffixes: tuple[str, ...]) -> list[Path]:
    modified: list[tuple[int, Path]] = []
    for entry in os.scandir(folder):
        with suppress(OSError):  # a link that leads round in a circle, a file that has just gone
            if entry.name.endswith(suffixes) and entry.is_file():
                modified.append((-entry.stat().st_mtime_ns, Path(entry.path)))
    return [path for _, path in sorted(modified)]


def _text(file: Path) -> str:
    try:
        return _read(file, file.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=MAX_CACHED_FILES)
def _read(file: Path, _stamp: int) -> str:
    """The text of a file that may be quoted, else ""."""
    try:
        text = file.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if why_not_text(text) else text


@lru_cache(maxsize=MAX_CACHED_FILES)
def _why_not_text(text: str) -> str:
    return why_not_text(text)
