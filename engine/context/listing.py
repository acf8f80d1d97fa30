"""The files of a workspace that may be read, as the disk has them now."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from engine.context import notebook
from engine.context.exclusion import (
    MAX_FILE_BYTES,
    ask_ahead,
    why_not_file,
    why_not_folder,
    why_not_name,
    why_not_path,
    why_not_text,
)
from engine.context.secrets import masked
from engine.context.source import Source
from engine.languages import LANGUAGES
from engine.text import with_lf

MAX_FILES = 200_000
# Known languages that are not code: they help a model little and take much room.
NO_CODE = frozenset({"json", "markdown", "yaml", "toml", "html", "css", "scss"})
CODE_SUFFIXES = frozenset(suffix for each in LANGUAGES if each.id not in NO_CODE for suffix in each.suffixes) | {
    notebook.SUFFIX
}


MOUNT_POINT_TAG = 0xA0000003  # `stat.IO_REPARSE_TAG_MOUNT_POINT`, which only Windows' Python has


class Stamp(NamedTuple):
    """What identifies a version of a file: the time of its last change in nanoseconds, and its size in bytes."""

    modified: int
    size: int


def is_code(path: str) -> bool:
    """True if the suffix is one of code."""
    return PurePosixPath(path).suffix in CODE_SUFFIXES


def list_files(root: Path, excluded: tuple[str, ...] = (), below: str = "") -> Iterator[tuple[str, Stamp]]:
    """Yield (path relative to `root`, stamp) of each file of code that `why_not_file` allows, in `below` if given.

    `root` is resolved. Links are not followed. Raises `OSError` if this process has too many files open.
    """
    left = MAX_FILES
    folders = [root / below]
    if below and (folders[0].resolve() != folders[0] or why_not_folder(folders[0], root, excluded)):
        return
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as fault:
            raise_if_exhausted(fault)
            continue
        files = []
        for entry in entries:
            try:
                if _is_link(entry):
                    continue  # its target is listed in its own place, or is outside
                if entry.is_dir():
                    if not why_not_folder(Path(entry.path), root, excluded):
                        folders.append(Path(entry.path))
                elif is_code(entry.name) and not why_not_name(entry.name):
                    files.append((Path(entry.path), entry.stat()))
            except OSError:
                continue
        ask_ahead([path for path, _ in files])
        for path, status in files:
            if status.st_size > MAX_FILE_BYTES or why_not_path(path, root, excluded):
                continue
            yield path.relative_to(root).as_posix(), Stamp(status.st_mtime_ns, status.st_size)
            left -= 1
            if not left:
                return


def _is_link(entry: os.DirEntry[str]) -> bool:
    """True for a symbolic link, and for a junction, which is a link to a folder on Windows."""
    if entry.is_symlink():
        return True
    tag = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) if entry.is_dir() else 0
    return bool(tag == MOUNT_POINT_TAG)


def stamp_of(file: Path) -> Stamp | None:
    """Return the stamp of a file, or None if there is no file."""
    try:
        status = file.stat()
    except OSError:
        return None
    return Stamp(status.st_mtime_ns, status.st_size)


def raise_if_exhausted(fault: OSError) -> None:
    """Raise the fault again if too many files are open: a file that cannot be opened for that is not gone."""
    if fault.errno in {errno.EMFILE, errno.ENFILE}:
        raise fault


def read_source(root: Path, path: str, excluded: tuple[str, ...] = ()) -> Source | None:
    """Return a file's text with secrets masked; None if it may not or cannot be read (it may just have gone).

    Raises `OSError` if this process has too many files open.
    """
    return read_any_source(root, path, excluded) if is_code(path) else None


def read_any_source(root: Path, path: str, excluded: tuple[str, ...] = ()) -> Source | None:
    """As `read_source`, but also for files that are not code: for those that the user names."""
    file = root / path
    if why_not_file(file, root, excluded):
        return None
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise_if_exhausted(fault)
        return None
    return source_of(path, "", raw)


def source_of(path: str, language: str, raw: bytes) -> Source | None:
    """Return the text of these bytes, or None if they are not text that may be quoted."""
    try:
        text = raw.decode("utf-8-sig")
        if path.endswith(notebook.SUFFIX):
            language, text = notebook.code_of(text)
    except ValueError:
        return None
    text = with_lf(text)
    return None if why_not_text(text) else Source(path, language, masked(text))
