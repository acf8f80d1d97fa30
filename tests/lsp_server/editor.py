"""An editor in the test's own process and event loop: a real LSP client over loopback, a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from engine.types import EngineError
from lsp_server.app import create_server
from lsp_server.converter import create_converter
from lsp_server.models.worker import LoadModel
from lsp_server.server import CodegeexServer
from lsp_server.transport import serve
from tests.scripted import CURSOR, ScriptedModel

URI = "file:///project/main.py"


class Window:
    """An editor's window, in the hands of a test: it opens, types, asks, and sees the answers."""

    def __init__(self, client: LanguageClient, server: CodegeexServer) -> None:
        self.client, self.server = client, server
        self.log: list[types.LogMessageParams] = []
        self.traces: list[types.LogTraceParams] = []
        self.capabilities: types.ServerCapabilities | None = None
        client.feature(types.WINDOW_LOG_MESSAGE)(lambda params: self.log.append(params))
        client.feature(types.LOG_TRACE)(lambda params: self.traces.append(params))

    def open(self, source: str, uri: str = URI, language: str = "python") -> types.Position:
        """Opens a source with a `<cursor>`; the cursor's position in UTF-16 units."""
        before, _, after = source.partition(CURSOR)
        item = types.TextDocumentItem(uri, language, 0, before + after)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        *above, line = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return types.Position(len(above), len(line.encode("utf-16-le")) // 2)

    def change(self, start: tuple[int, int], end: tuple[int, int], text: str, uri: str = URI) -> None:
        where = types.Range(types.Position(*start), types.Position(*end))
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=uri, version=1),
                [types.TextDocumentContentChangePartial(range=where, text=text)],
            )
        )

    def ask(
        self, at: types.Position, uri: str = URI, selected: types.SelectedCompletionInfo | None = None
    ) -> asyncio.Future[Any]:
        context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic, selected)
        params = types.InlineCompletionParams(context, types.TextDocumentIdentifier(uri), at)
        return asyncio.ensure_future(self.client.text_document_inline_completion_async(params))

    async def suggestion(self, at: types.Position, uri: str = URI) -> str:
        """The ghost text, or "" where there is none."""
        items = (await asyncio.wait_for(self.ask(at, uri), 20)).items
        return items[0].insert_text if items else ""

    async def logged(self, text: str) -> types.LogMessageParams:
        """Wait for a log message that contains `text`, and return it."""
        for _ in range(1000):
            if found := next((m for m in self.log if text in m.message), None):
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"{text!r} was not logged, but {[m.message for m in self.log]}")


@asynccontextmanager
async def window(
    model: ScriptedModel | EngineError | LoadModel, *, initialize: bool = True, **params: Any
) -> AsyncIterator[Window]:
    """A window on a server with this model, initialized with `params` of `InitializeParams`."""

    def load(*key: Any) -> Any:
        if isinstance(model, EngineError):
            raise model
        return model(*key) if callable(model) else model

    server = create_server(load)
    connections: list[asyncio.Task[None]] = []

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.append(task)
        with suppress(asyncio.CancelledError):
            await serve(server, reader, writer)

    listener = await asyncio.start_server(connect, "127.0.0.1", 0)
    client = LanguageClient("test", "1", converter_factory=create_converter)
    await client.start_tcp(*listener.sockets[0].getsockname()[:2])
    opened = Window(client, server)
    try:
        if initialize:
            params.setdefault("capabilities", types.ClientCapabilities())
            result = await client.initialize_async(types.InitializeParams(**params))
            opened.capabilities = result.capabilities
            client.initialized(types.InitializedParams())
        yield opened
    finally:
        listener.close()
        for task in [*connections, *client._async_tasks]:
            task.cancel()
        await asyncio.gather(*connections, *client._async_tasks, return_exceptions=True)
