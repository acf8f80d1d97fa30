"""Files into what is stored of them, in this process or, if there are many, in helper processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from engine.context.listing import Stamp, read_source
from engine.context.store import Entry, entry_of
from engine.machine import lower_priority

BATCH_FILES = 32
PARALLEL_FILES = 400  # from so many on, helper processes derive what is stored
MAX_HELPERS = 2


class FileStamp(NamedTuple):
    """A file, relative to its workspace folder, and its stamp; None if it is gone."""

    path: str
    stamp: Stamp | None


class Batch(NamedTuple):
    """Some files, and what is to be stored of each: None if it may not be, or cannot be read."""

    start: int  # the number of its first file
    files: Sequence[FileStamp]
    entries: Iterator[Entry | None]


class EntryPool:
    """Owned by the thread that indexes."""

    def __init__(self, root: Path, excluded: tuple[str, ...]) -> None:
        self.root, self.excluded = root, excluded
        self._helpers: Executor | None = None

    def batches(self, files: Sequence[FileStamp]) -> Iterator[Batch]:
        """Yield the files in batches; helpers work on the next one while the caller stores this one."""
        ahead = None
        for start in range(0, len(files), BATCH_FILES):
            part = files[start : start + BATCH_FILES]
            following = Batch(start, part, self.entries(part, len(files)))
            if ahead:
                yield ahead
            ahead = following
        if ahead:
            yield ahead

    def entries(self, files: Sequence[FileStamp], total: int) -> Iterator[Entry | None]:
        """Yield what is to be stored of each file. `total` files are to be done, here and in other calls."""
        if total >= PARALLEL_FILES and self._helpers is None and (os.cpu_count() or 1) > 1:
            self._helpers = ProcessPoolExecutor(
                min(MAX_HELPERS, os.cpu_count() or 1), multiprocessing.get_context("spawn"), _begin_helper
            )
        arguments = [(self.root, path, self.excluded) for path, _ in files]
        if self._helpers is None or len(files) < BATCH_FILES // 2:
            return map(_entry, arguments)
        return self._helpers.map(_entry, arguments, chunksize=max(1, len(files) // 4))

    def end_helpers(self, *, wait: bool) -> None:
        """End the helper processes; without `wait`, drop the work they have not begun."""
        if self._helpers:
            self._helpers.shutdown(wait=wait, cancel_futures=not wait)
            self._helpers = None


def _begin_helper() -> None:
    """Prepare a helper process: it leaves the processor to others, and ends with the process that started it."""
    lower_priority()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)  # it would wait for work for ever: helpers hold both ends of the pipe that brings it


def _entry(argument: tuple[Path, str, tuple[str, ...]]) -> Entry | None:
    source = read_source(*argument)
    return entry_of(source) if source else None
