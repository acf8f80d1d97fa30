"""The composition root: a server with its model and the features that register on it."""

from __future__ import annotations

from lsp_server.features import (
    acceptance,
    assist,
    configuration,
    generate,
    inline_completion,
    lifecycle,
    models,
    next_edit,
    notebooks,
    text_documents,
    workspace,
)
from lsp_server.models.worker import LoadModel, load_served_model
from lsp_server.server import CodegeexServer


def create_server(load_model: LoadModel = load_served_model) -> CodegeexServer:
    """Return a server that is ready to be connected."""
    server = CodegeexServer(load_model)
    for feature in (
        lifecycle,
        configuration,
        workspace,
        text_documents,
        notebooks,
        inline_completion,
        acceptance,
        generate,
        next_edit,
        models,
        assist,
    ):
        feature.register(server)
    return server
