"""The workspace folders of a session: an index for each, what the editor hides in them, and who watches their files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_server.client import Client
from lsp_server.event_loop import from_any_thread
from lsp_server.settings import Settings
from lsp_server.workspace.documents import FolderFile
from lsp_server.workspace.index_progress import IndexProgress
from lsp_server.workspace.watcher import Watcher

if TYPE_CHECKING:  # imported for the first folder: a server's start does not wait for it
    from engine.context.workspace import Progress, WorkspaceIndex

WATCHED_FILES_ID = "codegeex-watched-files"
WATCHED_FILES = "**/*"
HIDING = ("files.exclude", "search.exclude")  # the editor's own settings of what it does not show or search
ANSWER_SECONDS = 2.0  # that an index waits for a client to say what it hides
SETTINGS_ID = "codegeex-hidden-files"


class WorkspaceFolders:
    """On the event loop. `on_change` is called when what is not open, but could be shown to the model, has changed."""

    def __init__(self, client: Client, on_change: Callable[[], None]) -> None:
        self._client, self._on_change = client, on_change
        self._roots: list[Path] = []
        self._settings = Settings()
        self._indexes: dict[Path, WorkspaceIndex] = {}
        self._hidden: dict[Path, tuple[str, ...]] = {}  # globs
        self._watcher: Watcher | None = None

    @property
    def indexes(self) -> Mapping[Path, WorkspaceIndex]:
        """The indexes by workspace folder."""
        return self._indexes

    async def follow(self, roots: list[Path], settings: Settings) -> None:
        """Index these folders and no others, under these settings.

        Waits for the client to say what it hides; if that takes long, the indexes begin without, and begin again.
        """
        self._roots, self._settings = roots, settings
        asking = asyncio.ensure_future(self._ask_hidden(roots))
        await asyncio.wait([asking], timeout=ANSWER_SECONDS)
        self._follow()
        if not asking.done():
            asking.add_done_callback(lambda _: self._follow())

    async def watch(self) -> None:
        """Let the client report changed files if it can, else watch them here; and let it report what it hides."""
        can, wanted = self._client.can, []
        if can.registers_watched_files:
            files = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(WATCHED_FILES)])
            wanted.append(types.Registration(WATCHED_FILES_ID, types.WORKSPACE_DID_CHANGE_WATCHED_FILES, files))
        if can.registers_configuration:
            hiding = types.DidChangeConfigurationRegistrationOptions(HIDING)
            wanted.append(types.Registration(SETTINGS_ID, types.WORKSPACE_DID_CHANGE_CONFIGURATION, hiding))
        if wanted and self._indexes and await self._client.register(wanted) and can.registers_watched_files:
            return
        self._watcher = Watcher(from_any_thread(self._changed))
        for root in self._indexes:
            self._watch(root)

    @property
    def is_watching(self) -> bool:
        """True if changed files are watched here, and not by the client."""
        return self._watcher is not None

    def opened(self, file: FolderFile, language: str, text: str) -> WorkspaceIndex | None:
        """Index a file that was opened, and what it imports, before the rest. Return its index, if it has one."""
        if index := self._indexes.get(file.root):
            index.opened(file.path, language, text)
        return index

    def closed(self, file: FolderFile | None) -> None:
        """Take a file as it is on disk again."""
        if file and (index := self._indexes.get(file.root)):
            index.closed(file.path)

    def files_changed(self, files: Iterable[FolderFile | None]) -> None:
        """Update the indexes after changes on disk; files of no workspace folder are ignored."""
        changed: dict[Path, list[str]] = {}
        for file in files:
            if file:
                changed.setdefault(file.root, []).append(file.path)
        for root, paths in changed.items():
            self._changed(root, paths)

    def stop(self) -> None:
        self._roots = []
        for index in self._indexes.values():
            index.stop(wait=False)
        self._indexes.clear()
        if self._watcher:
            self._watcher.stop()
            self._watcher = None

    async def _ask_hidden(self, roots: list[Path]) -> None:
        """Ask for `files.exclude` and `search.exclude` of each folder. A client that does not answer hides nothing."""
        items = [
            types.ConfigurationItem(scope_uri=root.as_uri(), section=section) for root in roots for section in HIDING
        ]
        if not items or (settings := await self._client.configuration(items)) is None:
            return
        answers = iter(settings)
        hidden = {root: [*_globs(next(answers, None)), *_globs(next(answers, None))] for root in roots}
        self._hidden = {root: tuple(dict.fromkeys(globs)) for root, globs in hidden.items()}

    def _follow(self) -> None:
        """Begin an index for each wanted folder that has none, and end those that have become unwanted or outdated."""
        from engine.context.workspace import WorkspaceIndex

        wanted = set(self._roots) if self._settings.enable and self._settings.uses_index else set()
        excluded = {root: (*self._settings.excluded, *self._hidden.get(root, ())) for root in wanted}
        for root in [root for root, index in self._indexes.items() if index.excluded != excluded.get(root)]:
            self._indexes.pop(root).stop(wait=False)
            if self._watcher:
                self._watcher.stop(root)
        for root in wanted - set(self._indexes):
            if not root.is_dir() or root == Path.home() or root == Path(root.anchor):
                continue  # a home folder or a whole disk is nobody's project
            index = self._indexes[root] = WorkspaceIndex(
                root, excluded[root], self._progress_of(root), on_fault=from_any_thread(self._report_index_fault)
            )
            index.start()
            self._watch(root)

    def _watch(self, root: Path) -> None:
        if self._watcher and (complaint := self._watcher.watch(root)):
            self._client.warn(complaint)

    def _report_index_fault(self, fault: str, lasts: bool) -> None:  # noqa: FBT001 - a callback
        if lasts:
            self._client.report_fault(f"{fault}; until that changes, only open files help with completions and answers")
        else:
            self._client.warn(f"{fault}: its index may miss files until it is up to date again")

    def _changed(self, root: Path, paths: list[str] | None) -> None:
        """Update an index after changes on disk; of any path, if `paths` is None."""
        if index := self._indexes.get(root):
            index.changed(paths)

    def _progress_of(self, root: Path) -> Callable[[Progress], None]:
        """Return what shows an index's progress, and reports a change once the index is as the disk. For any thread."""
        shown = IndexProgress(self._client, root.name) if self._client.can.shows_progress else None

        def show(progress: Progress) -> None:
            if progress.total == 0:
                self._on_change()
            if shown:
                shown.show(progress)

        return from_any_thread(show)


def _globs(setting: object) -> list[str]:
    """Return the globs of `files.exclude` that are on. One with a condition is off: it hides what has a source."""
    return sorted(str(glob) for glob, value in setting.items() if value is True) if isinstance(setting, Mapping) else []
