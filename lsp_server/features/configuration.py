"""Settings: `initializationOptions`, `workspace/didChangeConfiguration`, `workspace/configuration`."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from lsp_server.configure import prepare_model, take
from lsp_server.server import CodegeexServer
from lsp_server.settings import SECTION, speaks_of_us
from lsp_server.workspace import indexing


def register(server: CodegeexServer) -> None:
    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        # Clients that answer workspace/configuration send null or an empty object here: "ask me".
        raw = params.settings if speaks_of_us(params.settings) else await _asked(server)
        if raw is not None:  # otherwise nothing was said of us: what was set at the start stays
            take(server, raw)
        await indexing.begin(server)
        if raw is not None:
            await prepare_model(server)


async def _asked(server: CodegeexServer) -> Any:
    workspace = server.client_capabilities.workspace
    if not (workspace and workspace.configuration):
        return None
    items = [types.ConfigurationItem(section=SECTION)]
    answer = await server.workspace_configuration_async(types.ConfigurationParams(items))
    return answer[0] if answer else None
