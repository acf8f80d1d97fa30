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
        raw = params.settings if speaks_of_us(params.settings) else await _ask(server)
        if raw is not None:  # otherwise nothing was said of us: what was set at the start stays
            take(server, raw)
        await indexing.begin(server)
        if raw is not None:
            await prepare_model(server)


async def _ask(server: CodegeexServer) -> Any:
    """Return our section of the client's settings; None if it does not say."""
    answers = await server.client.configuration([types.ConfigurationItem(section=SECTION)])
    return answers[0] if answers else None
