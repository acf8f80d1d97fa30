"""An editor without a screen: starts the server over stdio, opens files, types and requests completions.

The demo and the benchmarks drive it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

SERVER_COMMAND = (sys.executable, "-m", "codegeex_lsp")
MODEL_SECONDS = 120.0  # to load on a cold disk


@dataclass(frozen=True)
class Suggestion:
    """What the editor shows of a response."""

    text: str  # "" if there is no completion
    trace: str  # the server's account of how it was made, with the milliseconds of each stage


class ScriptedEditor:
    """One window: an LSP client with a server process of its own. An async context manager."""

    def __init__(
        self, root: Path, options: dict[str, Any] | None = None, command: tuple[str, ...] = SERVER_COMMAND
    ) -> None:
        self._root, self._options, self._command = root, options or {}, command
        self._client = LanguageClient("codegeex-lsp-editor", "1")
        self._version = 0
        self._traces: list[str] = []
        self._model_ready = asyncio.Event()
        self.messages: list[str] = []
        self.faults: list[str] = []
        # pygls sets attributes on what it registers, which a bound method does not allow.
        self._client.feature(types.WINDOW_LOG_MESSAGE)(lambda params: self._on_message(params))  # noqa: PLW0108
        self._client.feature(types.LOG_TRACE)(lambda params: self._on_trace(params))  # noqa: PLW0108

    async def __aenter__(self) -> ScriptedEditor:  # noqa: PYI034 - typing.Self needs Python 3.11
        await self._client.start_io(*self._command)
        uri = from_fs_path(str(self._root)) or ""
        await self._client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(),
                process_id=os.getpid(),
                root_uri=uri,
                workspace_folders=[types.WorkspaceFolder(uri, self._root.name)],
                initialization_options=self._options,
                trace=types.TraceValue.Messages,
            )
        )
        self._client.initialized(types.InitializedParams())
        self._client.set_trace(types.SetTraceParams(types.TraceValue.Messages))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.shutdown_async(None)
        self._client.exit(None)
        await self._client.stop()  # type: ignore[no-untyped-call]

    async def wait_for_model(self) -> None:
        """Return once the server has logged that its model is ready, or why it is not."""
        await asyncio.wait_for(self._model_ready.wait(), MODEL_SECONDS)

    def open(self, file: Path, text: str, language: str) -> str:
        """Open a document with this text, whatever is on disk. Return its URI."""
        uri = from_fs_path(str(file)) or ""
        self._client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, self._version, text))
        )
        return uri

    def close(self, uri: str) -> None:
        self._client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def type(self, uri: str, line: int, character: int, text: str) -> None:
        """Insert `text` at a position in UTF-16 units."""
        self._version += 1
        here = types.Position(line, character)
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=uri, version=self._version),
                [types.TextDocumentContentChangePartial(range=types.Range(here, here), text=text)],
            )
        )

    async def suggest(self, uri: str, line: int, character: int) -> Suggestion:
        """Request an inline completion at a position, as after a keystroke."""
        self._traces.clear()
        answer = await self._client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                types.TextDocumentIdentifier(uri),
                types.Position(line, character),
            )
        )
        items = answer.items if isinstance(answer, types.InlineCompletionList) else answer or []
        text = items[0].insert_text if items else ""
        return Suggestion(text if isinstance(text, str) else text.value, "; ".join(self._traces))

    def _on_message(self, params: types.LogMessageParams) -> None:
        self.messages.append(params.message)
        if params.type == types.MessageType.Error:
            self.faults.append(params.message)
            self._model_ready.set()
        if params.message.startswith("model ready"):
            self._model_ready.set()

    def _on_trace(self, params: types.LogTraceParams) -> None:
        self._traces.append(params.message)
