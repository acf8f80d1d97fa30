"""The index's own process: keeps a workspace's store as the disk is. Its arguments: ROOT FOLDER EXCLUDED...

It reads commands, one JSON object a line, numbered by `n`: {"do": "changed", "paths": [...]} (null: anything may have
changed), {"do": "first", "words": [...]} (files named so come before others), {"do": "rebuild"}, {"do": "stop"}. It
writes events the same way: `progress` (done, total), `committed` (paths, or null), `rebuilt`, `fault` (message),
`shared`, and `idle` (n: the last command that was carried out).

It runs at a low priority and ends when its standard input does. While another process writes this store it waits for
its turn: several windows on one workspace share one store.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.context.entry_pool import EntryPool
from engine.context.indexer_commands import Commands, RebuildRequested, StopRequested
from engine.context.listing import stamp_of
from engine.context.manifest import Manifest
from engine.context.store import CHUNKS, StoreBusyError, StoreError, StoreUnavailableError, StoreWriter, obstacle_of
from engine.context.store_folder import prepare_store_folder, remove_unused_stores, stores_folder
from engine.context.store_updater import Report, StoreUpdater
from engine.machine import lower_priority, trim_memory

CLEANING_SECONDS = 1.0  # between attempts to remove stores that another window still writes
MAX_CLEANINGS = 60
TURN_SECONDS = 1.0  # between attempts to become the process that writes
MANIFEST = "manifest.sqlite"
LEAST_FREE_BYTES = 1_000_000  # a disk with less is full


class Indexer:
    """Reports events to `report`, in the thread that runs it."""

    def __init__(self, root: Path, folder: Path, excluded: tuple[str, ...], report: Report) -> None:
        self._root, self._folder, self._excluded, self._report = root, folder, excluded, report
        self.commands = Commands()

    def run(self) -> None:
        """Run until stopped. Build a damaged store again; report a second fault, or an obstacle, and return."""
        faults = 0
        while True:
            try:
                self._run()
            except StopRequested:
                return
            except RebuildRequested:
                faults = 0
            except (StoreError, sqlite3.Error, OSError) as fault:
                faults += 1
                obstacle = str(fault) if isinstance(fault, StoreUnavailableError) else _obstacle(self._folder, fault)
                if obstacle or faults > 1:
                    reason = f" in {self._folder}: {obstacle}" if obstacle else f": it is damaged again ({fault})"
                    self._report({"event": "fault", "message": f"the index of {self._root} cannot be kept{reason}"})
                    return
            else:
                return
            shutil.rmtree(self._folder, ignore_errors=True)
            self._report({"event": "rebuilt"})

    def _run(self) -> None:
        try:
            prepare_store_folder(self._folder, self._root)
        except OSError as fault:
            raise StoreUnavailableError(obstacle_of(fault) or "its folder cannot be made") from None
        writer = self._wait_for_turn()
        if writer is None:
            return
        manifest = Manifest(self._folder / MANIFEST)
        pool = EntryPool(self._root, self._excluded)
        updater = StoreUpdater(pool, writer, manifest, self.commands, self._report)
        try:
            updater.bring_up_to_date()
            self._report_idle()
            while True:
                changed = self.commands.wait_for_changes()
                if changed is None:
                    updater.bring_up_to_date()
                elif changed:
                    updater.store_changed(changed)
                    trim_memory()
                self._report_idle()
        finally:
            manifest.close()
            with suppress(StoreError):
                writer.close()
            pool.end_helpers(wait=False)

    def _wait_for_turn(self) -> StoreWriter | None:
        """Return the writer once no other process has it, None if stopped before. Report what the other one commits."""
        seen = None
        while True:
            try:
                return StoreWriter(self._folder / CHUNKS)
            except StoreBusyError:
                self._report({"event": "shared"})
            meta = stamp_of(self._folder / CHUNKS / "meta.json")
            if meta != seen:
                seen = meta
                self._report({"event": "committed", "paths": None})
            if self.commands.is_stopped_within(TURN_SECONDS):
                return None

    def _report_idle(self) -> None:
        self._report({"event": "idle", "n": self.commands.last_number})


def _obstacle(folder: Path, fault: Exception) -> str:
    """Return what keeps the store from being written, or "". A full disk may show as an ended thread only."""
    if obstacle := obstacle_of(fault):
        return obstacle
    with suppress(OSError):
        if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
            return "the disk is full"
    return ""


def main(arguments: list[str]) -> None:
    """Run the indexing process."""
    root, folder, *excluded = arguments
    lower_priority()
    reporting = threading.Lock()

    def report(event: dict[str, Any]) -> None:
        with reporting, suppress(OSError, ValueError):
            sys.stdout.write(json.dumps(event) + "\n")
            sys.stdout.flush()

    indexer = Indexer(Path(root).resolve(), Path(folder), tuple(excluded), report)
    threading.Thread(target=indexer.commands.read, args=(sys.stdin,), daemon=True).start()
    if Path(folder).parent == stores_folder():
        threading.Thread(target=_clean, args=(Path(folder), Path(root).resolve()), daemon=True).start()
    with suppress(KeyboardInterrupt):
        indexer.run()


def _clean(folder: Path, root: Path) -> None:
    """Remove stores that are not needed any more, once the windows that use them are gone."""
    for _ in range(MAX_CLEANINGS):
        time.sleep(CLEANING_SECONDS)
        with suppress(OSError):
            if not remove_unused_stores(folder, root):
                return
