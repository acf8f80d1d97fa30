"""A window that asks, runs commands, and takes edits as an editor does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lsprotocol import types

from tests.engine.assist.speaking import ChatModel
from tests.lsp_server.editor import URI, Window, window
from tests.scripted import ScriptedModel

CAPABLE = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        apply_edit=True,
        workspace_edit=types.WorkspaceEditClientCapabilities(
            document_changes=True,
            resource_operations=[types.ResourceOperationKind.Create],
            change_annotation_support=types.ChangeAnnotationsSupportOptions(),
        ),
    ),
    window=types.WindowClientCapabilities(show_document=types.ShowDocumentClientCapabilities(support=True)),
    text_document=types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(disabled_support=True)
    ),
)


class Chat:
    """An editor with a chat: asks, takes edits, shows documents and progress."""

    def __init__(self, editor: Window) -> None:
        self.editor, self.client = editor, editor.client
        self.edits: list[types.WorkspaceEdit] = []
        self.shown: list[str] = []
        self.messages: list[str] = []
        self.progress: list[tuple[Any, dict[str, Any]]] = []
        self.takes_edits = True
        self.client.feature(types.WORKSPACE_APPLY_EDIT)(lambda params: self._apply(params))
        self.client.feature(types.WINDOW_SHOW_DOCUMENT)(lambda params: self._show(params))
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(lambda params: self.messages.append(params.message))
        self.spoken = asyncio.Event()  # once text has come
        self.client.feature(types.PROGRESS)(lambda params: self._progress(params))

    def request(self, method: str, params: Any) -> asyncio.Future[Any]:
        return asyncio.ensure_future(self.client.protocol.send_request_async(method, params))

    async def ask(self, question: str, **more: Any) -> dict[str, Any]:
        answer = await asyncio.wait_for(self.request("codegeex/ask", {"question": question, **more}), 20)
        return dict(answer)

    async def command(self, name: str, **argument: Any) -> dict[str, Any]:
        params = types.ExecuteCommandParams(f"codegeex.{name}", [argument])
        return dict(await asyncio.wait_for(self.client.workspace_execute_command_async(params), 20))

    def streamed_text(self, token: Any) -> str:
        """The text that came by a partial result token."""
        return "".join(value["text"] for at, value in self.progress if at == token and value["kind"] == "text")

    def _progress(self, params: types.ProgressParams) -> None:
        value = params.value
        self.progress.append((params.token, value))
        if value["kind"] == "text":
            self.spoken.set()

    def _apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.edits.append(params.edit)
        return types.ApplyWorkspaceEditResult(self.takes_edits, None if self.takes_edits else "not today")

    def _show(self, params: types.ShowDocumentParams) -> types.ShowDocumentResult:
        self.shown.append(params.uri)
        return types.ShowDocumentResult(success=True)


@asynccontextmanager
async def chat(model: ScriptedModel | str = "Yes.", **params: Any) -> AsyncIterator[Chat]:
    params.setdefault("capabilities", CAPABLE)
    async with window(ChatModel(model) if isinstance(model, str) else model, **params) as editor:
        yield Chat(editor)


def whole(line: int, end: int = 0) -> dict[str, Any]:
    """From the beginning of a line to the beginning of another."""
    return {"start": {"line": line, "character": 0}, "end": {"line": end, "character": 0}}


__all__ = ["CAPABLE", "URI", "Chat", "chat", "whole"]
