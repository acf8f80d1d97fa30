"""The indexes of a session's workspace folders: begun, told of changes, ended; and their progress, shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from lsprotocol import types

from engine.context.workspace import Progress, WorkspaceIndex
from lsp_server.client import Client
from lsp_server.server import CodegeexServer
from lsp_server.workspace.documents import workspace_roots
from lsp_server.workspace.watcher import Watcher

WATCHED_FILES_ID = "codegeex-watched-files"
WATCHED_FILES = "**/*"
HIDING = ("files.exclude", "search.exclude")  # the editor's own settings of what it does not show or search
ANSWER_SECONDS = 2.0  # that an index waits for a client to say what it hides
SETTINGS_ID = "codegeex-hidden-files"
MIN_SHOWN_FILES = 200  # to index: fewer are done before a person has read the message


async def begin(server: CodegeexServer) -> None:
    """As `follow_folders`, once the client has said what it hides itself; where it is slow to, that counts later."""
    asked = asyncio.ensure_future(_ask_hidden(server))
    await asyncio.wait([asked], timeout=ANSWER_SECONDS)
    follow_folders(server)
    if not asked.done():
        asked.add_done_callback(lambda _: follow_folders(server))


async def _ask_hidden(server: CodegeexServer) -> None:
    """Asks for `files.exclude` and `search.exclude` of each workspace folder, where the client can be asked."""
    roots = workspace_roots(server.workspace)
    items = [types.ConfigurationItem(scope_uri=root.as_uri(), section=section) for root in roots for section in HIDING]
    if not items or (settings := await server.client.configuration(items)) is None:
        return
    answers = iter(settings)
    hidden = {root: [*_globs(next(answers, None)), *_globs(next(answers, None))] for root in roots}
    server.hidden = {root: tuple(dict.fromkeys(globs)) for root, globs in hidden.items()}


def _globs(said: object) -> list[str]:
    """The globs of `files.exclude` that are on. One on a condition is off: it hides what stands beside its source."""
    return sorted(str(glob) for glob, value in said.items() if value is True) if isinstance(said, Mapping) else []


def follow_folders(server: CodegeexServer) -> None:
    """Begins an index for each workspace folder that has none, and ends those whose folder is gone."""
    session = server.session
    wanted = set(workspace_roots(server.workspace)) if session.settings.enable and session.settings.use_index else set()
    excluded = {root: (*session.settings.excluded, *server.hidden.get(root, ())) for root in wanted}
    for root in [root for root, index in session.indexes.items() if index.excluded != excluded.get(root)]:
        session.indexes.pop(root).stop(wait=False)
        if server.watcher:
            server.watcher.stop(root)
    for root in wanted - set(session.indexes):
        if not root.is_dir() or root == Path.home() or root == Path(root.anchor):
            continue  # a home folder or a whole disk is nobody's project
        index = session.indexes[root] = WorkspaceIndex(root, excluded[root], _shown_progress(server, root))
        index.start()
        if index.fault:
            server.client.report_fault(index.fault)
        if server.watcher and (complaint := server.watcher.watch(root)):
            server.client.warn(complaint)


async def watch(server: CodegeexServer) -> None:
    """Has the client tell of changed files where it can, else watches them ourselves; and of what it hides."""
    can, wanted = server.client.can, []
    if can.registers_watched_files:
        all_files = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(glob_pattern=WATCHED_FILES)]
        )
        wanted.append(types.Registration(WATCHED_FILES_ID, types.WORKSPACE_DID_CHANGE_WATCHED_FILES, all_files))
    if can.registers_configuration:
        hiding = types.DidChangeConfigurationRegistrationOptions(HIDING)
        wanted.append(types.Registration(SETTINGS_ID, types.WORKSPACE_DID_CHANGE_CONFIGURATION, hiding))
    if wanted and server.session.indexes and await server.client.register(wanted) and can.registers_watched_files:
        return
    loop = asyncio.get_running_loop()

    def changed(root: Path, paths: list[str] | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it the session
            loop.call_soon_threadsafe(tell, server, root, paths)

    server.watcher = Watcher(changed)
    for root in server.session.indexes:
        if complaint := server.watcher.watch(root):
            server.client.warn(complaint)


def stop_watching(server: CodegeexServer) -> None:
    if server.watcher:
        server.watcher.stop()
        server.watcher = None


def tell(server: CodegeexServer, root: Path, paths: list[str] | None) -> None:
    """Files of a folder have changed on disk."""
    if index := server.session.indexes.get(root):
        index.changed(paths)


def _shown_progress(server: CodegeexServer, root: Path) -> Callable[[Progress], None]:
    """Shows an index's progress as `$/progress`, where the client can; and once it is as the disk, what was answered
    without it counts no more. What it returns may be called in any thread.
    """
    loop = asyncio.get_running_loop()
    shown = _Shown(server.client, root) if server.client.can.shows_progress else None

    def show(progress: Progress) -> None:
        if progress.total == 0:
            server.session.context_changed()
        if shown:
            shown.show(progress)

    def on_progress(progress: Progress) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it the session
            loop.call_soon_threadsafe(show, progress)

    return on_progress


class _Shown:
    """One run of the index, from the first file to the last, as a client shows it. On the event loop."""

    def __init__(self, client: Client, root: Path) -> None:
        self._client, self._root = client, root
        self._token: types.ProgressToken | None = None
        self._percent = -1

    def show(self, progress: Progress) -> None:
        if progress.total == 0:
            if self._token is not None:
                self._client.end_progress(self._token)
                self._token = None
            return
        if progress.total < MIN_SHOWN_FILES:
            return
        percent = 100 * progress.done // progress.total
        if self._token is None:
            self._token = self._client.begin_progress(f"CodeGeeX: {self._root.name}", percent)
        elif percent > self._percent:
            message = f"{progress.done} / {progress.total}"
            self._client.progress(self._token, types.WorkDoneProgressReport(message=message, percentage=percent))
        self._percent = percent
