"""Files that change on disk, for editors that do not report them: the only module that imports watchdog."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported once something is watched: start-up does not wait for it
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

DEBOUNCE_SECONDS = 0.02  # a burst of changes, as of a branch switch, is reported as one
RETURN_SECONDS = 1.0  # between two looks for a workspace folder that was removed
RESCAN_SECONDS = 60.0  # between two searches of a folder that cannot be watched
MAX_REPORTED = 2_000  # more changes than that are reported as any

# Called with the folder and the paths in it, with slashes; with None if anything may have changed.
OnChange = Callable[[Path, list[str] | None], None]


class Watcher:
    """Watches folders until it is stopped. `on_change` is called in a thread of its own."""

    def __init__(self, on_change: OnChange) -> None:
        self._on_change = on_change
        self._watching: dict[Path, BaseObserver | _Rescan | _Return] = {}
        self._collecting = threading.Lock()
        self._changed: dict[Path, set[str]] = {}
        self._timer: threading.Timer | None = None

    def watch(self, root: Path) -> str:
        """Begin to watch a folder. Return why it is searched for changes every minute instead, or ""."""
        from watchdog.observers import Observer

        observer = Observer()
        observer.daemon = True
        try:
            observer.schedule(_Handler(self, root), str(root), recursive=True)  # type: ignore[arg-type]
            observer.start()
        except (OSError, RuntimeError) as fault:
            observer.stop()  # it may watch some folders already
            timer = self._watching[root] = _Rescan(self._on_change, root)
            timer.start()
            return f"{root} is searched for changes every {RESCAN_SECONDS:.0f} seconds, because {_reason(fault)}"
        self._watching[root] = observer
        return ""

    def stop(self, root: Path | None = None) -> None:
        """Stop watching one folder, or all."""
        for each in [root] if root else list(self._watching):
            if observer := self._watching.pop(each, None):
                observer.stop()
        if root is None and self._timer:
            self._timer.cancel()

    def note_removal(self, root: Path) -> None:
        """Note that a workspace folder itself is gone: it is watched again once it is back."""
        if isinstance(observer := self._watching.get(root), _Return):
            return
        if observer:
            observer.stop()
        waiting = self._watching[root] = _Return(root, self._watch_again)
        waiting.start()

    def _watch_again(self, root: Path) -> None:
        if isinstance(self._watching.get(root), _Return):
            self.watch(root)
            self._on_change(root, None)

    def note(self, root: Path, name: str) -> None:
        """Note that a file system event names this file."""
        with suppress(ValueError):
            path = Path(os.path.relpath(name, root)).as_posix()
            if path.startswith(".git/") and path != ".git/HEAD":
                return
            with self._collecting:
                self._changed.setdefault(root, set()).add(path)
                if self._timer is None:
                    self._timer = threading.Timer(DEBOUNCE_SECONDS, self._report)
                    self._timer.daemon = True
                    self._timer.start()

    def _report(self) -> None:
        with self._collecting:
            changed, self._changed, self._timer = self._changed, {}, None
        for root, paths in changed.items():
            self._on_change(root, sorted(paths) if len(paths) <= MAX_REPORTED else None)


class _Rescan(threading.Thread):
    """Reports every minute that anything may have changed in a folder: for systems that cannot watch it."""

    def __init__(self, on_change: OnChange, root: Path) -> None:
        super().__init__(name="rescan", daemon=True)
        self._on_change, self._root = on_change, root
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(RESCAN_SECONDS):
            self._on_change(self._root, None)

    def stop(self) -> None:
        self._stopped.set()


class _Return(threading.Thread):
    """Waits until a folder that was removed is there again."""

    def __init__(self, root: Path, on_return: Callable[[Path], None]) -> None:
        super().__init__(name="folder's return", daemon=True)
        self._root, self._on_return = root, on_return
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(RETURN_SECONDS):
            if self._root.is_dir():
                self._on_return(self._root)
                return

    def stop(self) -> None:
        self._stopped.set()


def _reason(fault: Exception) -> str:
    """Return in words for users why a folder cannot be watched."""
    code = fault.errno if isinstance(fault, OSError) else None
    if code == errno.ENOSPC:
        return "this user watches too many files already (see fs.inotify.max_user_watches)"
    if code in {errno.EMFILE, errno.ENFILE}:
        return "this user watches files in too many programs already (see fs.inotify.max_user_instances)"
    if code in {errno.ENOENT, errno.ENOTDIR}:
        return "it does not exist"
    return "the system cannot watch it"


class _Handler:
    """watchdog's `FileSystemEventHandler`, without a base class to import."""

    def __init__(self, watcher: Watcher, root: Path) -> None:
        self._watcher, self._root = watcher, root

    def dispatch(self, event: FileSystemEvent) -> None:
        if event.event_type in {"opened", "closed_no_write"} or (event.is_directory and event.event_type == "modified"):
            return
        if event.event_type in {"deleted", "moved"} and Path(os.fsdecode(event.src_path)) == self._root:
            self._watcher.note_removal(self._root)
        self._watcher.note(self._root, os.fsdecode(event.src_path))
        if event.dest_path:
            self._watcher.note(self._root, os.fsdecode(event.dest_path))
