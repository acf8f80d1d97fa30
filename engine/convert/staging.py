"""The folder in which a model is converted: it becomes the model's own in the end, or is deleted."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.types import ModelError

PARTIAL = ".partial-"


@contextmanager
def staging_folder(target: Path) -> Iterator[Path]:
    """Yield a folder next to `target` that becomes it in the end, or is deleted."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(target.parent)
    # The name is unique, even among machines that share the folder.
    staging = target.parent / f"{_own_partials()}{os.getpid()}@{secrets.token_hex(4)}@{target.name}"
    try:
        staging.mkdir()
        yield staging
        for path in staging.iterdir():
            _flush(path)
        if os.path.lexists(target):  # an empty folder would be replaced silently
            raise name_taken(target.name)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _own_partials() -> str:
    return f"{PARTIAL}{platform.node()}@"


def _remove_stale(folder: Path) -> None:
    """Delete what a conversion on this machine has left that was killed."""
    import psutil

    for left in folder.iterdir():
        number = left.name.removeprefix(_own_partials()).partition("@")[0]
        if left.name.startswith(_own_partials()) and number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _flush(path: Path) -> None:
    """Write a file to the disk: a model of several GB is not hashed again when it is loaded."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def name_taken(name: str) -> ModelError:
    """Return the error for a name that a model has already."""
    return ModelError(f"a model named {name!r} already exists: remove it first, or choose another --name")
