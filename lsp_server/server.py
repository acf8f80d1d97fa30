"""One server a connection: pygls' server with a client, a session and a protocol of ours."""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from lsp_server import __version__
from lsp_server.client import Client
from lsp_server.converter import create_converter
from lsp_server.models.worker import LoadModel, load_served_model
from lsp_server.protocol import EditorProtocol, is_refusal
from lsp_server.session import Session
from lsp_server.workspace.documents import NOTEBOOKS, EditorWorkspace

log = logging.getLogger(__name__)

NAME = "codegeex-lsp"


class CodegeexServer(LanguageServer):
    """A server on which features register."""

    protocol: EditorProtocol

    def __init__(self, load_model: LoadModel = load_served_model) -> None:
        super().__init__(
            NAME,
            __version__,
            types.TextDocumentSyncKind.Incremental,
            NOTEBOOKS,
            protocol_cls=EditorProtocol,
            converter_factory=create_converter,
        )
        self.client = Client(self, self.protocol)
        self.session = Session(self.client, lambda: self.workspace, load_model)

    @property
    def workspace(self) -> EditorWorkspace:
        """The open text. There is none before `initialize`."""
        return self.protocol.workspace

    def report_server_error(self, error: Exception, source: type[Exception]) -> None:
        """Log the error. pygls would pop up a message box. Unreadable JSON gets its JSON-RPC response."""
        if isinstance(
            error, RecursionError | ValueError
        ):  # while it was decoded: what a handler raises comes otherwise
            self.protocol.refuse_unreadable(error)
            return
        log.debug("error from %s", source, exc_info=error)
        if is_refusal(error):
            return
        self.client.report_fault(f"a message could not be handled: {error}".partition("\n")[0])
