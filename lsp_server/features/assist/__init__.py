"""Questions, and code turned into other code, for any editor: see docs/protocol.md for the messages."""

from __future__ import annotations

from lsp_server.features.assist import ask, code_actions, commands
from lsp_server.server import CodegeexServer


def register(server: CodegeexServer) -> None:
    for feature in (ask, commands, code_actions):
        feature.register(server)
