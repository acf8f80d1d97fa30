"""Reading a checkpoint's small files, and saying what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.convert.source import LFS_POINTER
from engine.types import ModelError


def read_bytes(path: Path) -> bytes:
    """Raises `ModelError` where the file is missing, empty, or what Git leaves in place of a large file."""
    try:
        found = path.read_bytes()
    except OSError as fault:
        raise ModelError(
            f"{path} cannot be read ({fault.strerror or fault}): download it from where the checkpoint came from"
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
    """Of a file that need not be there: an empty object where it is not."""
    return read_json(path) if path.is_file() else {}
