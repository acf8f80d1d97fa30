"""Reads a checkpoint's small files, with errors that name what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.convert.source import LFS_POINTER
from engine.types import ModelError


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes. Raises `ModelError` if it is missing, empty, or a Git LFS pointer."""
    try:
        found = path.read_bytes()
    except OSError as fault:
        raise ModelError(
            f"{path} cannot be read ({fault.strerror or fault}): download it from the checkpoint's source"
        ) from fault
    if not found:
        raise ModelError(f"{path} is empty: download it again")
    if found.startswith(LFS_POINTER):
        raise ModelError(f"{path} is a Git LFS pointer, not the file: run `git lfs pull` in {path.parent}")
    return found


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_bytes(path))
    except ValueError as fault:
        raise ModelError(f"{path} is damaged ({fault}): download it again") from fault
    if not isinstance(found, dict):
        raise ModelError(f"{path} is not a JSON object: download it again")
    return found


def read_json_if_there(path: Path) -> dict[str, Any]:
    """Return an optional file, or an empty object if it is missing."""
    return read_json(path) if path.is_file() else {}
