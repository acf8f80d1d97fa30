"""From `initialize` to `exit`, and ending with the editor that started us."""

from __future__ import annotations

import asyncio
import logging
import os

from lsprotocol import types

from lsp_server.server import CodegeexServer

log = logging.getLogger(__name__)

PARENT_CHECK_SECONDS = 3.0


def register(server: CodegeexServer) -> None:
    session = server.session
    watches: list[asyncio.Future[None]] = []  # the loop itself keeps no reference to what runs on it

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.protocol.adopt_workspace()
        server.client.initialize(params)
        session.apply_settings(params.initialization_options)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        if server.process_id:
            watches.append(asyncio.ensure_future(_end_with(server.process_id)))
        await asyncio.gather(_index(server), session.prepare_model())

    @server.feature(types.SHUTDOWN)
    def shutdown(*_: object) -> None:
        session.stop()


async def _index(server: CodegeexServer) -> None:
    await server.session.follow_folders(server.workspace.roots)
    await server.session.folders.watch()


async def _end_with(parent: int) -> None:
    """End this process once the editor's is gone: an orphan would keep a model in memory."""
    import psutil

    while psutil.pid_exists(parent):  # noqa: ASYNC110 - no event tells that a foreign process has ended
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    log.warning("the editor (process %d) is gone", parent)
    os._exit(0)  # threads that wait on a dead editor's pipe would hold an ordinary exit back
