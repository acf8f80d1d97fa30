"""Settings: `initializationOptions`, `workspace/didChangeConfiguration`, `workspace/configuration`."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from lsp_server.server import CodegeexServer
from lsp_server.settings import SECTION, has_our_settings


def register(server: CodegeexServer) -> None:
    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        session = server.session
        # A client that answers workspace/configuration sends null or an empty object here, and waits to be asked.
        raw = params.settings if has_our_settings(params.settings) else await _ask(server)
        if raw is not None:  # else only other sections have changed
            session.apply_settings(raw)
        await session.follow_folders(server.workspace.roots)
        if raw is not None:
            await session.prepare_model()


async def _ask(server: CodegeexServer) -> Any:
    """Return our section of the client's settings; None if it does not say."""
    answers = await server.client.configuration([types.ConfigurationItem(section=SECTION)])
    return answers[0] if answers else None
