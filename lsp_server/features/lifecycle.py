"""From `initialize` to `exit`, and ending with the editor that started us."""

from __future__ import annotations

import asyncio
import logging
import os

from lsprotocol import types

from lsp_server.configure import prepare_model, take
from lsp_server.server import CodegeexServer
from lsp_server.workspace import indexing

log = logging.getLogger(__name__)

PARENT_CHECK_SECONDS = 3.0


def register(server: CodegeexServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.protocol.adopt_workspace()
        server.client.initialize(params)
        take(server, params.initialization_options)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        if server.process_id:
            server.parent_watch = asyncio.ensure_future(_end_with(server.process_id))
        await asyncio.gather(_index(server), prepare_model(server))

    @server.feature(types.SHUTDOWN)
    def shutdown(*_: object) -> None:
        indexing.stop_watching(server)
        server.session.stop()


async def _index(server: CodegeexServer) -> None:
    await indexing.begin(server)
    await indexing.watch(server)


async def _end_with(parent: int) -> None:
    """Ends this process when the editor's is gone: an orphan would keep a model in memory."""
    import psutil

    while psutil.pid_exists(parent):  # noqa: ASYNC110 - the system tells nobody that a foreign process ended
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    log.warning("the editor (process %d) is gone", parent)
    os._exit(0)  # threads that wait on a dead editor's pipe would hold an ordinary exit back
