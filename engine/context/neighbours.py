"""The texts beside the one being edited: open documents first, then files of the same folder and language."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from engine.context.exclusion import why_not_file, why_not_text
from engine.languages import language_of
from engine.types import CompletionRequest, Document

MAX_FOLDER_FILES = 40
MAX_FOLDER_BYTES = 1_000_000


def neighbours(request: CompletionRequest) -> list[tuple[Document, str]]:
    """(document, why it is here), without the one being edited. Reads the disk; what cannot be read is passed over."""
    here = request.document
    found = [
        (other, "open in the editor")
        for other in request.others
        if other.path != here.path and not why_not_text(other.text) and not _excluded(other, request.root)
    ]
    if here.file is None or request.root is None:
        return found
    seen = {here.file, *(other.file for other in request.others)}
    suffixes = language_of(here.language, here.path).suffixes
    left_bytes = MAX_FOLDER_BYTES
    for file in _files_beside(here.file, suffixes)[:MAX_FOLDER_FILES]:
        if file in seen or why_not_file(file, request.root):
            continue
        text = _text(file)
        left_bytes -= len(text)
        if left_bytes < 0:
            break
        if text and not why_not_text(text):
            path = file.relative_to(request.root).as_posix() if file.is_relative_to(request.root) else file.name
            found.append((Document(path, here.language, text, file), "in the same folder"))
    return found


def _excluded(document: Document, root: Path | None) -> bool:
    return document.file is not None and document.file.exists() and bool(why_not_file(document.file, root))


def _files_beside(file: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files of the same language in the folder, the latest modified first."""
    try:
        entries = [e for e in os.scandir(file.parent) if e.name.endswith(suffixes) and e.is_file()]
        return [Path(e.path) for e in sorted(entries, key=lambda e: e.stat().st_mtime_ns, reverse=True)]
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return _read(file, file.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=512)
def _read(file: Path, _stamp: int) -> str:
    try:
        return file.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return ""
