"""The commands that an indexing process reads, and the order in which it takes them. `indexer` describes each."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from engine.context.exclusion import IGNORE_FILES, forget

DEBOUNCE_SECONDS = 0.05


class RebuildRequested(Exception):  # noqa: N818 - it is not an error
    """A reader of the store found it damaged."""


class StopRequested(Exception):  # noqa: N818 - it is not an error
    """The process is to end."""


class Commands:
    """`read` fills the queue in a thread of its own; all other methods belong to the thread that indexes."""

    def __init__(self) -> None:
        self._queue: queue.Queue[dict[str, Any]] = queue.Queue()
        self.last_number = 0  # of the commands that were taken
        self.first_words: set[str] = set()  # files named like one of these are to come before others
        self.anything_changed = False  # while the disk was being read

    def read(self, lines: Iterable[str]) -> None:
        """Queue each line's command. The end of the lines is the end of the process."""
        for line in lines:
            with suppress(ValueError):
                self._queue.put(json.loads(line))
        self._queue.put({"do": "stop"})

    def is_stopped_within(self, seconds: float) -> bool:
        """Wait for the next command at most this long. True if it is the one to stop; others are taken.

        Raises `RebuildRequested`.
        """
        with suppress(queue.Empty):
            return bool(self._next(seconds)["do"] == "stop")
        return False

    def wait_for_changes(self) -> set[str] | None:
        """Return paths that changed, None if any may have.

        Waits for a command, and a little for more; there may be no paths in them. Raises `StopRequested` and
        `RebuildRequested`.
        """
        paths: set[str] = set()
        command = self._next(None)
        while True:
            if command["do"] == "stop":
                raise StopRequested
            if command["do"] == "changed":
                changed = command["paths"]
                if changed is None or any(path.rpartition("/")[2] in IGNORE_FILES for path in changed):
                    forget()
                    return None
                paths.update(changed)
            try:  # "first" comes too late here: everything is stored already
                command = self._next(DEBOUNCE_SECONDS if paths else 0)
            except queue.Empty:
                return paths

    def take_urgent(self) -> set[str]:
        """Return the changed paths that are queued already, without waiting.

        Raises `StopRequested`, which is queued again, and `RebuildRequested`.
        """
        paths: set[str] = set()
        with suppress(queue.Empty):
            while True:
                command = self._next(0)
                if command["do"] == "stop":
                    self._queue.put(command)
                    raise StopRequested
                if command["do"] == "first":
                    self.first_words.update(command["words"])
                    continue
                if command["paths"] is None:
                    self.anything_changed = True
                paths.update(command["paths"] or ())
        return paths

    def _next(self, seconds: float | None) -> dict[str, Any]:
        """Return the next command. Raises `queue.Empty` if none comes in time, and `RebuildRequested`."""
        command = self._queue.get(seconds != 0, seconds)
        self.last_number = command.get("n", self.last_number)
        if command["do"] == "rebuild":
            raise RebuildRequested
        return command
