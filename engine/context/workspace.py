"""The index of one workspace folder, as a window sees it: the store of another process, and what changed since.

`find` and all that changes the layers run in one thread, the caller's. Every other method may be called from any thread
and only leaves a note, which the next `find` reads. Nothing here waits for the index: a search uses what is there.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from engine.context.exclusion import IGNORE_FILES, forget, why_not_folder, why_not_name, why_not_path
from engine.context.find import find
from engine.context.folders import FoldersIndex, OtherFolder
from engine.context.index import Index
from engine.context.indexer_process import IndexerProcess
from engine.context.layers import LayeredIndex
from engine.context.listing import read_source
from engine.context.open_files import OpenFiles
from engine.context.pack import Cost
from engine.context.store import CHUNKS, StoreError, StoreReader, StoreUnavailableError
from engine.context.store_folder import store_folder
from engine.context.syntax import family_of, imported_words
from engine.context.view import View
from engine.types import Snippet

T = TypeVar("T")

log = logging.getLogger(__name__)

MAX_AT_ONCE = 50  # changed files that are read here; more, as after a branch switch, wait for the store
MAX_FIRST_WORDS = 200


class Progress(NamedTuple):
    """How many files are done, of how many; both are 0 when the store is as the disk."""

    done: int
    total: int


OnProgress = Callable[[Progress], None]
OnFault = Callable[[str, bool], object]  # what is wrong, for the user, and whether it lasts


class WorkspaceIndex:
    def __init__(
        self,
        root: Path,
        excluded: tuple[str, ...] = (),
        on_progress: OnProgress = lambda _: None,
        folder: Path | None = None,
        on_fault: OnFault = lambda *_: None,
    ) -> None:
        self.root = root.resolve()
        self.excluded = excluded
        self._folder = folder or store_folder(root, excluded)
        self._on_progress, self._on_fault = on_progress, on_fault
        self._layers = LayeredIndex()
        self._noting = threading.Lock()
        # By path: language and text of an open file; None if it is to be read from disk.
        self._texts: dict[str, tuple[str, str] | None] = {}
        self._committed: list[list[str] | None] = []
        self._rebuilt = False
        self.changes = 0  # of files that snippets may come from; what was found before may be outdated
        self._open: set[str] = set()
        self._seen: dict[str, str] = {}  # the last text of each open file
        self._open_files = OpenFiles(self.root, excluded)
        self._has_store = False
        self._process = IndexerProcess([str(self.root), str(self._folder), *excluded], self._take_event)

    @property
    def fault(self) -> str:
        """Why the index cannot be built, or ""."""
        return self._process.fault

    def start(self) -> None:
        """Use the store that is there, and begin to bring it up to date in another process."""
        self._committed.append(None)
        self._process.start()

    def stop(self, *, wait: bool = True) -> None:
        """End the process; with `wait`, return only when it has ended, or was killed."""
        self._process.stop(wait=wait)

    def changed(self, paths: Iterable[str] | None) -> None:
        """Note files that were written, moved or deleted on disk; None if any may have been."""
        known = None if paths is None else list(paths)
        self.changes += 1
        if known is None or any(path.rpartition("/")[2] in IGNORE_FILES for path in known):
            forget()
        elif len(known) <= MAX_AT_ONCE:
            with self._noting:
                self._texts.update((path, None) for path in known if path not in self._open)
        self._process.send({"do": "changed", "paths": known})

    def edited(self, path: str, language: str, text: str) -> None:
        """Note the text of an open file, which takes precedence over the disk's."""
        with self._noting:
            self._open.add(path)
            if self._seen.get(path) is not text:
                self._seen[path] = text
                self._texts[path] = (language, text)

    def opened(self, path: str, language: str, text: str) -> None:
        """Note that a file was opened. While the store is being built, what it imports is stored before the rest."""
        self.edited(path, language, text)
        if not self._process.was_idle:
            family = family_of(language, path)
            words = sorted(frozenset().union(*imported_words(text, family)) - family.keywords)
            self._process.send({"do": "first", "words": words[:MAX_FIRST_WORDS]})

    def closed(self, path: str) -> None:
        """Note that an open file was closed: the disk's text counts again."""
        self.changes += 1
        with self._noting:
            self._open.discard(path)
            self._seen.pop(path, None)
            self._texts[path] = None

    def find(self, view: View, budget: float, cost: Cost = len, others: Iterable[WorkspaceIndex] = ()) -> list[Snippet]:
        """Return snippets of this workspace folder and of `others` for a view, best first.

        A damaged store contributes nothing until it is built again.
        """
        folders = self._with(others)
        index = _joined(folders)
        gc.disable()  # a search leaves no cycles, and collecting took a tenth of its time
        try:
            snippets = find(view, index, budget, cost)
            allowed = _allowed_paths({snippet.path for snippet in snippets}, folders)
        finally:
            gc.enable()
        for folder in folders.values():
            folder.repair()
        return [snippet for snippet in snippets if snippet.path in allowed]

    def still_shows(self, snippets: Iterable[Snippet], others: Iterable[WorkspaceIndex] = ()) -> bool:
        """True if all lines of the snippets are still in files that may be shown. In `find`'s thread only."""
        folders = self._with(others)
        lines: dict[str, set[str]] = {}
        for snippet in snippets:
            lines.setdefault(snippet.path, set()).update(map(str.strip, snippet.text.split("\n")))
        if _allowed_paths(lines, folders) != lines.keys():
            return False
        sources = _joined(folders).sources(lines)
        return lines.keys() <= sources.keys() and all(
            known <= {"", *map(str.strip, sources[path].lines)} for path, known in lines.items()
        )

    def _with(self, others: Iterable[WorkspaceIndex]) -> dict[str, WorkspaceIndex]:
        """Return this folder and the others, by the beginning of their paths."""
        folders = {"": self}
        for other in others:  # not a folder within this one, or around it: its files would be found twice
            if not (other.root.is_relative_to(self.root) or self.root.is_relative_to(other.root)):
                name = f"../{other.root.name}/"
                folders[name if name not in folders else f"../{other.root.name}-{len(folders)}/"] = other
        return folders

    def allows(self, path: str) -> bool:
        """True if the rules allow a file now: the store may still have a file that has just become ignored."""
        file = self.root / path
        if path not in self._open and not file.is_file():
            return False  # it went with its folder, or just now
        return not (
            why_not_name(file.name)
            or why_not_folder(file.parent, self.root, self.excluded)
            or why_not_path(file, self.root, self.excluded)
        )

    def catch_up(self) -> None:
        """Do in a pause what a search does not wait for. In `find`'s thread only."""
        self.take_notes()
        for source in self._open_files.outdated():
            self._layers.put(source)

    def up_to_date(self) -> LayeredIndex:
        """Return the index with all that has changed. In `find`'s thread only; call `repair` after the search."""
        self.take_notes()
        return self._layers

    def repair(self) -> None:
        """Let the store be built again if the search has found it damaged."""
        if fault := self._layers.fault:
            log.warning("the index of %s is damaged and will be rebuilt: %s", self.root, fault)
            self._layers.fault = ""
            self._has_store = False
            self._process.send({"do": "rebuild"})

    def query(self, question: Callable[[Index], T]) -> T:
        """Return what `question` returns for the index. It has to check `allows` itself. In `find`'s thread only."""
        answer = question(self.up_to_date())
        self.repair()
        return answer

    def wait_idle(self, seconds: float) -> bool:
        """Wait until the store is as the disk, or is not kept by this window's process. For tests and commands."""
        return self._process.wait_idle(seconds)

    def _note_commit(self, paths: list[str] | None) -> None:
        with self._noting:
            self.changes += 1
            self._committed.append(paths)

    def _take_event(self, event: dict[str, Any]) -> None:
        """In the thread that listens to the indexing process."""
        match event["event"]:
            case "committed":
                self._note_commit(event["paths"])
            case "rebuilt":
                with self._noting:
                    self._rebuilt = True
            case "progress":
                self._on_progress(Progress(event["done"], event["total"]))
            case "idle":
                self._on_progress(Progress(0, 0))
            case "fault" | "restart" as kind:
                log.warning("%s", event["message"])
                self._on_fault(event["message"], kind == "fault")

    def take_notes(self) -> None:
        """Bring what has changed into the layers. `find` does so first. In its thread only."""
        with self._noting:
            texts, self._texts = self._texts, {}
            committed, self._committed = self._committed, []
            rebuilt, self._rebuilt = self._rebuilt, False
            still_open = frozenset(self._open)
        if rebuilt:
            self._forget_store()
            committed.append(None)
        for path, entry in texts.items():
            if entry:
                source = self._open_files.source(path, *entry)
            else:
                self._open_files.closed(path)
                try:
                    source = read_source(self.root, path, self.excluded)
                except OSError:
                    continue  # too many files are open; the indexing process reads it later
            before = self._layers.edited_source(path)
            if source is None:
                self._layers.delete(path)
            elif before is None or before.text != source.text:
                self._layers.put(source)
        if on_disk := [path for path, entry in texts.items() if entry is None]:
            self._layers.settle(on_disk, still_open)  # files that were only opened need not be kept: the store has them
        for paths in committed:
            self._see_store(paths, still_open)

    def _see_store(self, committed: list[str] | None, still_open: frozenset[str]) -> None:
        """Open the store, or read its last commit, and drop from the layer above what it has now."""
        if self._has_store:
            self._layers.refresh(committed)
        elif (self._folder / CHUNKS / "meta.json").exists():
            try:
                self._layers.take_store(StoreReader(self._folder / CHUNKS))
            except StoreUnavailableError:
                self._note_commit(None)  # the next search tries again
                return
            except StoreError as fault:
                self._layers.fault = str(fault)
                return
            self._has_store = True
        self._layers.settle(committed, still_open)

    def _forget_store(self) -> None:
        self._layers.take_store(None)
        self._has_store = False


def _joined(folders: Mapping[str, WorkspaceIndex]) -> LayeredIndex | FoldersIndex:
    """Return one index of all folders, with all that has changed."""
    indexes = {name: folder.up_to_date() for name, folder in folders.items()}
    others = [OtherFolder(name, index) for name, index in indexes.items() if name]
    return FoldersIndex(indexes[""], others) if others else indexes[""]


def _allowed_paths(paths: Iterable[str], folders: Mapping[str, WorkspaceIndex]) -> frozenset[str]:
    """Return those of `paths` that their folder's rules allow now. `folders` are named by how their paths begin."""
    names = sorted(folders, key=len, reverse=True)  # "", with which all paths begin, is last
    return frozenset(
        path
        for path in paths
        for name in (next(name for name in names if path.startswith(name)),)
        if folders[name].allows(path.removeprefix(name))
    )
