"""One server a connection, and its session."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from lsp_server import __version__
from lsp_server.client import Client
from lsp_server.converter import create_converter
from lsp_server.models.worker import LoadModel, ModelWorker, load_served_model
from lsp_server.protocol import EditorProtocol, is_refusal
from lsp_server.session import Session
from lsp_server.workspace.documents import NOTEBOOKS
from lsp_server.workspace.watcher import Watcher

log = logging.getLogger(__name__)

NAME = "codegeex-lsp"


class CodegeexServer(LanguageServer):
    """A pygls server with our session."""

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
        self.session = Session(ModelWorker(load_model))
        self.parent_watch: asyncio.Future[None] | None = None
        self.watcher: Watcher | None = None
        self.hidden: dict[Path, tuple[str, ...]] = {}  # by workspace folder: what the editor itself hides, as globs

    def report_server_error(self, error: Exception, source: type[Exception]) -> None:
        """Log the error. pygls would pop up a message box. Unreadable JSON gets its JSON-RPC response."""
        if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
            self.protocol.refuse_unreadable(error)
            return
        log.debug("error from %s", source, exc_info=error)
        if is_refusal(error):
            return
        self.client.report_fault(f"{type(error).__name__}: {error}".partition("\n")[0])
