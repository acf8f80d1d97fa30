"""Files of the disk into a store: what differs from its manifest, and what was reported as changed."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from engine.context.entry_pool import BATCH_FILES, EntryPool, FileStamp
from engine.context.exclusion import forget
from engine.context.indexer_commands import Commands, RebuildRequested
from engine.context.listing import Stamp, list_files, stamp_of
from engine.context.manifest import Manifest
from engine.context.store import Entry, StoreWriter
from engine.context.syntax import stem_parts
from engine.machine import is_on_battery, trim_memory

COMMIT_SECONDS = 3.0  # between commits while much is to be done
BATTERY_PAUSE = 2.0  # on battery, rest that many times as long as was worked

Report = Callable[[dict[str, Any]], object]  # gets the events that `engine.context.indexer` describes


class _Transaction:
    """What was put into the store since the last commit."""

    def __init__(self, writer: StoreWriter, manifest: Manifest, report: Report) -> None:
        self._writer, self._manifest, self._report = writer, manifest, report
        self._recorded: dict[str, Stamp | None] = {}
        self._passed: list[str] = []  # the store neither holds nor is to hold them, as what a build writes
        self._committed_at = time.monotonic()

    def add(self, files: Sequence[FileStamp], entries: Iterator[Entry | None], *, are_listed: bool) -> None:
        """Put the files into the store. Files that were listed are remembered even if they cannot be stored."""
        for (path, stamp), entry in zip(files, entries, strict=True):
            if entry is not None:
                self._writer.put(entry)
            elif not are_listed and path not in self._recorded and not self._manifest.holds(path):
                self._passed.append(path)
                continue
            else:
                self._writer.remove(path)
            self._recorded[path] = stamp if entry is not None or are_listed else None

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._committed_at > COMMIT_SECONDS

    def commit(self) -> None:
        if self._recorded:
            self._writer.commit()
            self._manifest.record(self._recorded)
        if self._recorded or self._passed:
            self._report({"event": "committed", "paths": [*self._recorded, *self._passed]})
        self._recorded.clear()
        self._passed.clear()
        self._committed_at = time.monotonic()


class StoreUpdater:
    """Owned by the thread that indexes. Its methods raise `StoreError`, `StopRequested` and `RebuildRequested`."""

    def __init__(
        self, pool: EntryPool, writer: StoreWriter, manifest: Manifest, commands: Commands, report: Report
    ) -> None:
        self._pool, self._writer, self._manifest = pool, writer, manifest
        self._commands, self._report = commands, report

    def bring_up_to_date(self) -> None:
        """Store the files that are reported as changed, then all that differ between disk and manifest.

        Raises `RebuildRequested` if a file that is still there may no longer be read: no copy of it is kept.
        """
        self.store_changed(self._commands.take_urgent())
        while True:
            stored = self._manifest.stamps()
            differing: list[FileStamp] = []
            for path, stamp in list_files(self._pool.root, self._pool.excluded):
                if stored.pop(path, None) != stamp:
                    differing.append(FileStamp(path, stamp))
            differing += [FileStamp(path, None) for path in stored]
            forbidden = any(stamp_of(self._pool.root / path) for path in stored)
            self.store_changed(self._commands.take_urgent())
            differing.sort(key=lambda file: self._commands.first_words.isdisjoint(stem_parts(file.path)[:2]))
            self._store_listed(differing)
            self._pool.end_helpers(wait=True)
            if forbidden:  # a removed text stays in the store's files until tantivy merges them
                raise RebuildRequested
            del stored, differing
            gc.collect()
            trim_memory()
            if not self._commands.anything_changed:
                return
            self._commands.anything_changed = False
            forget()

    def store_changed(self, paths: Iterable[str]) -> None:
        """Store these files as they are now."""
        transaction = _Transaction(self._writer, self._manifest, self._report)
        for batch in self._pool.batches(self._stamped(paths)):
            transaction.add(batch.files, batch.entries, are_listed=False)
        transaction.commit()

    def _store_listed(self, files: Sequence[FileStamp]) -> None:
        """Store these files with progress; files that change in the meantime come before the rest."""
        transaction = _Transaction(self._writer, self._manifest, self._report)
        began = time.monotonic()
        for batch in self._pool.batches(files):
            transaction.add(batch.files, batch.entries, are_listed=True)
            self._report({"event": "progress", "done": batch.start + len(batch.files), "total": len(files)})
            if urgent := self._stamped(self._commands.take_urgent()):
                transaction.add(urgent, self._pool.entries(urgent, len(urgent)), are_listed=True)
                transaction.commit()
            elif transaction.is_due:
                transaction.commit()
            if is_on_battery():
                batches = batch.start / BATCH_FILES + 1
                time.sleep(min(1.0, BATTERY_PAUSE * (time.monotonic() - began) / batches))
        transaction.commit()

    def _stamped(self, paths: Iterable[str]) -> list[FileStamp]:
        """Return the files that are meant, as the disk has them: editors report a folder that was moved by itself."""
        stamps: dict[str, Stamp | None] = {}
        for path in sorted(paths):
            stamp = stamp_of(self._pool.root / path)
            is_folder = (self._pool.root / path).is_dir()
            if is_folder or (stamp is None and not self._manifest.holds(path)):
                stamps.update(dict.fromkeys(self._manifest.paths_below(path)))
            if is_folder:
                stamps.update(list_files(self._pool.root, self._pool.excluded, below=path))
            else:
                stamps[path] = stamp
        return [FileStamp(path, stamp) for path, stamp in sorted(stamps.items(), key=itemgetter(0))]
