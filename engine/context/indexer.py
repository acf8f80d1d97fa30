"""The index's own process: keeps a workspace's store as the disk is. Its arguments: ROOT FOLDER EXCLUDED...

Reads commands, one JSON object a line, numbered by `n`: {"do": "changed", "paths": [...]} (null: anything may have
changed), {"do": "first", "words": [...]} (files named so come before others), {"do": "rebuild"}, {"do": "stop"}. Says
events the same way: `progress` (done, total), `committed` (paths, or null), `rebuilt`, `fault` (message), `shared`, and
`idle` (n: the last command that was carried out).

It runs at a low priority, ends when its standard input does, and where another process already writes this store it
waits for its turn: several windows on one workspace share one store.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import queue
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.context.exclusion import IGNORE_FILES, forget
from engine.context.listing import Stamp, list_files, read_source, stamp_of
from engine.context.manifest import Manifest
from engine.context.store import CHUNKS, Entry, StoreBusyError, StoreError, StoreWriter, entry_of
from engine.context.syntax import stem_parts
from engine.machine import is_on_battery, lower_priority, trim_memory

DEBOUNCE_SECONDS = 0.05
COMMIT_SECONDS = 3.0  # between commits while much is to be done
BATCH_FILES = 32
PARALLEL_FILES = 400  # from so many on, further processes derive what is stored
MAX_HELPERS = 2
TURN_SECONDS = 1.0  # between attempts to become the one who writes
BATTERY_PAUSE = 2.0  # on battery, rest that many times as long as was worked
MANIFEST = "manifest.sqlite"
LEAST_FREE_BYTES = 1_000_000  # a disk with less is full


class Indexer:
    def __init__(self, root: Path, folder: Path, excluded: tuple[str, ...], say: Any) -> None:
        self._root, self._folder, self._excluded, self._say = root, folder, excluded, say
        self._commands: queue.Queue[dict[str, Any]] = queue.Queue()
        self._helpers: Executor | None = None
        self._taken = 0  # the number of the last command
        self._first: set[str] = set()  # words that open files import: files named so come before others
        self._again = False  # anything may have changed while the disk was being read

    def read_commands(self, lines: Iterable[str]) -> None:
        """In a thread of its own; the end of the lines is the end of the process."""
        for line in lines:
            with suppress(ValueError):
                self._commands.put(json.loads(line))
        self._commands.put({"do": "stop"})

    def run(self) -> None:
        """Until told to stop. A damaged store is built anew; a second fault, or a full disk, is said."""
        faults = 0
        while True:
            try:
                self._run()
            except _Stopped:
                return
            except _Rebuild:
                faults = 0
            except (StoreError, sqlite3.Error, OSError) as fault:
                faults += 1
                full = _is_full(self._folder, fault)
                if faults > 1 or full:
                    said = f"the disk that holds {self._folder} is full" if full else str(fault)
                    self._say({"event": "fault", "message": f"the index of {self._root} cannot be kept: {said}"})
                    return
            else:
                return
            shutil.rmtree(self._folder, ignore_errors=True)
            self._say({"event": "rebuilt"})

    def _run(self) -> None:
        writer = self._turn()
        if writer is None:
            return
        manifest = Manifest(self._folder / MANIFEST)
        try:
            urgent = self._pending()
            self._bring_up_to_date(writer, manifest, urgent)
            while True:
                changed = self._wait()
                if changed is None:
                    self._bring_up_to_date(writer, manifest, set())
                else:
                    self._index(writer, manifest, self._stamped(changed), None)
                    trim_memory()
                    self._say({"event": "idle", "n": self._taken})
        finally:
            manifest.close()
            with suppress(StoreError):
                writer.close()
            if self._helpers:
                self._helpers.shutdown(wait=False, cancel_futures=True)

    def _turn(self) -> StoreWriter | None:
        """The writer, once no other process has it; None when told to stop before. Says what the other one commits."""
        seen = None
        while True:
            try:
                return StoreWriter(self._folder / CHUNKS)
            except StoreBusyError:
                self._say({"event": "shared"})
            meta = stamp_of(self._folder / CHUNKS / "meta.json")
            if meta != seen:
                seen = meta
                self._say({"event": "committed", "paths": None})
            with suppress(queue.Empty):
                if self._command(TURN_SECONDS)["do"] == "stop":
                    return None

    def _command(self, seconds: float | None) -> dict[str, Any]:
        """The next command. Raises `queue.Empty` where none comes in time, `_Rebuild` where that is what it says."""
        command = self._commands.get(seconds != 0, seconds)
        self._taken = command.get("n", self._taken)
        if command["do"] == "rebuild":
            raise _Rebuild
        return command

    def _wait(self) -> set[str] | None:
        """The paths that changed, None for all. Waits a little for more of them; raises `_Stopped`."""
        paths: set[str] = set()
        command = self._command(None)
        while True:
            if command["do"] == "stop":
                raise _Stopped
            if command["do"] == "first":  # everything is done already
                self._say({"event": "idle", "n": self._taken})
                command = self._command(None)
                continue
            if command["paths"] is None or any(path.rpartition("/")[2] in IGNORE_FILES for path in command["paths"]):
                forget()
                return None
            paths.update(command["paths"])
            try:
                command = self._command(DEBOUNCE_SECONDS)
            except queue.Empty:
                return paths

    def _pending(self) -> set[str]:
        """The paths asked for already, without waiting; the end is left to be read again."""
        paths: set[str] = set()
        with suppress(queue.Empty):
            while True:
                command = self._command(0)
                if command["do"] == "stop":
                    self._commands.put(command)
                    raise _Stopped
                if command["do"] == "first":
                    self._first.update(command["words"])
                    continue
                if command["paths"] is None:
                    self._again = True
                paths.update(command["paths"] or ())
        return paths

    def _stamped(self, paths: Iterable[str]) -> list[tuple[str, Stamp | None]]:
        return [(path, stamp_of(self._root / path)) for path in sorted(paths)]

    def _bring_up_to_date(self, writer: StoreWriter, manifest: Manifest, urgent: set[str]) -> None:
        """What was asked for first, then all that differs between disk and manifest."""
        self._index(writer, manifest, self._stamped(urgent), None)
        stored = manifest.stamps()
        total = 0
        changed: list[tuple[str, Stamp | None]] = []
        for path, stamp in list_files(self._root, self._excluded):
            total += 1
            if stored.pop(path, None) != stamp:
                changed.append((path, stamp))
        changed += [(path, None) for path in stored]
        self._index(writer, manifest, self._stamped(self._pending()), None)
        changed.sort(key=lambda entry: self._first.isdisjoint(stem_parts(entry[0])[:2]))
        self._index(writer, manifest, changed, total)
        if self._helpers:
            self._helpers.shutdown()
            self._helpers = None
        del stored, changed
        gc.collect()
        trim_memory()
        if self._again:
            self._again = False
            forget()
            self._bring_up_to_date(writer, manifest, set())
            return
        self._say({"event": "idle", "n": self._taken})

    def _index(
        self, writer: StoreWriter, manifest: Manifest, work: list[tuple[str, Stamp | None]], total: int | None
    ) -> None:
        """Stores each file as it is now. With `total`, more urgent paths are let in between, and progress is said."""
        recorded: dict[str, Stamp | None] = {}
        passed: list[str] = []  # of which the store neither holds nor is to hold anything, as what a build writes
        committed = began = time.monotonic()

        def take(stamped: list[tuple[str, Stamp | None]], entries: Iterable[Entry | None]) -> None:
            for (path, stamp), entry in zip(stamped, entries, strict=True):
                if entry is not None:
                    writer.put(entry)
                elif total is None and path not in recorded and not manifest.holds(path):
                    passed.append(path)
                    continue
                else:
                    writer.remove(path)
                recorded[path] = stamp if entry is not None or total is not None else None

        def commit() -> None:
            nonlocal committed
            if recorded:
                writer.commit()
                manifest.record(recorded)
            self._say({"event": "committed", "paths": [*recorded, *passed]})
            recorded.clear()
            passed.clear()
            committed = time.monotonic()

        for start, batch, entries in self._batches(work):
            take(batch, entries)
            if total is None:
                continue
            self._say({"event": "progress", "done": start + len(batch), "total": len(work)})
            if urgent := self._pending():
                stamped = self._stamped(urgent)
                take(stamped, self._entries(stamped, len(stamped)))
                commit()
            elif time.monotonic() - committed > COMMIT_SECONDS:
                commit()
            if is_on_battery():
                time.sleep(min(1.0, BATTERY_PAUSE * (time.monotonic() - began) / (start / BATCH_FILES + 1)))
        if recorded or passed:
            commit()

    def _batches(
        self, work: list[tuple[str, Stamp | None]]
    ) -> Iterator[tuple[int, list[tuple[str, Stamp | None]], Iterator[Entry | None]]]:
        """(where it begins, files, what is stored of them); helpers have begun with the next ones by then."""
        ahead = None
        for start in range(0, len(work), BATCH_FILES):
            batch = work[start : start + BATCH_FILES]
            following = start, batch, self._entries(batch, len(work))
            if ahead:
                yield ahead
            ahead = following
        if ahead:
            yield ahead

    def _entries(self, batch: list[tuple[str, Stamp | None]], all_files: int) -> Iterator[Entry | None]:
        if all_files >= PARALLEL_FILES and self._helpers is None and (os.cpu_count() or 1) > 1:
            self._helpers = ProcessPoolExecutor(
                min(MAX_HELPERS, os.cpu_count() or 1), multiprocessing.get_context("spawn"), lower_priority
            )
        arguments = [(self._root, path, self._excluded) for path, _ in batch]
        if self._helpers is None or len(batch) < BATCH_FILES // 2:
            return map(_entry, arguments)
        return self._helpers.map(_entry, arguments, chunksize=max(1, len(batch) // 4))


class _Rebuild(Exception):  # noqa: N818 - it is not an error
    """Whoever reads the store found it damaged."""


class _Stopped(Exception):  # noqa: N818 - it is not an error
    """Told to stop in mid-work."""


def _entry(argument: tuple[Path, str, tuple[str, ...]]) -> Entry | None:
    source = read_source(*argument)
    return entry_of(source) if source else None


def _is_full(folder: Path, fault: Exception) -> bool:
    """Whether a full disk is behind a fault. Where tantivy's own thread met it, only that thread's end is heard of."""
    if any(words in str(fault).lower() for words in ("no space", "disk is full", "quota")):
        return True
    with suppress(OSError):
        return shutil.disk_usage(folder).free < LEAST_FREE_BYTES
    return False


def main(arguments: list[str]) -> None:
    root, folder, *excluded = arguments
    lower_priority()
    saying = threading.Lock()

    def say(event: dict[str, Any]) -> None:
        with saying, suppress(OSError, ValueError):
            sys.stdout.write(json.dumps(event) + "\n")
            sys.stdout.flush()

    indexer = Indexer(Path(root).resolve(), Path(folder), tuple(excluded), say)
    threading.Thread(target=indexer.read_commands, args=(sys.stdin,), daemon=True).start()
    with suppress(KeyboardInterrupt):
        indexer.run()
