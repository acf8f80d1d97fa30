"""A user at the editor: types, deletes, accepts; and what they see after the cursor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lsprotocol import types

from lsp_server.completion.partial_results import InlineCompletionParams
from tests.lsp_server.editor import URI, Window, window
from tests.scripted import CURSOR, ScriptedModel


class Typist:
    """Works in one document. Nothing is prefetched before `pauses`."""

    def __init__(self, editor: Window, model: ScriptedModel) -> None:
        self.editor, self.model = editor, model
        self.completions = editor.server.session.completions
        self.before = self.after = ""
        self._pause = asyncio.Event()

        async def wait_for_pause(hurry: asyncio.Event) -> None:
            await asyncio.wait(
                [asyncio.ensure_future(self._pause.wait()), asyncio.ensure_future(hurry.wait())],
                return_when=asyncio.FIRST_COMPLETED,
            )

        self.completions.prefetch.wait_for_pause = wait_for_pause
        _send_partial_result_tokens(editor.client.protocol._converter)

    def open(self, source: str) -> None:
        self.before, self.after = source.split(CURSOR)
        self.editor.open(source)

    def type(self, text: str, closed: str = "") -> None:
        """Types `text`; the editor puts `closed` after the cursor by itself."""
        at = self._at
        self.editor.change(at, at, text + closed)
        self.before, self.after = self.before + text, closed + self.after

    def delete(self, chars: int) -> None:
        end = self._at
        self.before = self.before[:-chars]
        self.editor.change(self._at, end, "")

    async def item(self, *, explicit: bool = False) -> types.InlineCompletionItem | None:
        items = await self.items(explicit=explicit)
        return items[0] if items else None

    async def items(self, *, explicit: bool = False, stream: str | None = None) -> list[types.InlineCompletionItem]:
        return list((await asyncio.wait_for(self.asks(explicit=explicit, stream=stream), 20)).items)

    def asks(self, *, explicit: bool = False, stream: str | None = None) -> asyncio.Future[Any]:
        kind = types.InlineCompletionTriggerKind
        context = types.InlineCompletionContext(kind.Invoked if explicit else kind.Automatic)
        params = InlineCompletionParams(context, types.TextDocumentIdentifier(URI), types.Position(*self._at))
        params.partial_result_token = stream
        return asyncio.ensure_future(self.editor.client.text_document_inline_completion_async(params))

    async def sees(self, *, explicit: bool = False) -> str:
        """The ghost text, or "" where there is none."""
        item = await self.item(explicit=explicit)
        return str(item.insert_text) if item else ""

    async def accepts(self, item: types.InlineCompletionItem) -> None:
        """Takes the suggestion, as an editor does: the text, then the item's command."""
        self.type(str(item.insert_text))
        assert item.command is not None
        await self.editor.client.workspace_execute_command_async(
            types.ExecuteCommandParams(item.command.command, item.command.arguments)
        )

    def notify(self, what: str, item: types.InlineCompletionItem, **more: Any) -> None:
        """Notifies of what became of an item."""
        raw = self.editor.client.protocol._converter.unstructure(item)
        self.editor.client.protocol.notify(f"textDocument/{what}", {"item": raw, **more})

    async def pauses(self) -> None:
        """Pause until what is prefetched then is there."""
        self._pause.set()
        if task := self.completions.prefetch.task:
            await asyncio.wait([task])
        self._pause.clear()

    async def statistics(self) -> dict[str, Any]:
        return dict(await self.editor.client.protocol.send_request_async("codegeex/statistics", {}))

    @property
    def model_requests(self) -> int:
        """How often the model was asked to complete."""
        return len(self.model.prompts)

    @property
    def _at(self) -> tuple[int, int]:
        lines = self.before.split("\n")
        return len(lines) - 1, len(lines[-1].encode("utf-16-le")) // 2


def _send_partial_result_tokens(converter: Any) -> None:
    plain = converter.get_unstructure_hook(types.InlineCompletionParams)

    def unstructure(params: InlineCompletionParams) -> Any:
        token = params.partial_result_token
        return plain(params) | ({} if token is None else {"partialResultToken": token})

    converter.register_unstructure_hook(InlineCompletionParams, unstructure)
    plain_request = converter.get_unstructure_hook(types.InlineCompletionRequest)
    converter.register_unstructure_hook(
        types.InlineCompletionRequest,
        lambda request: plain_request(request) | {"params": converter.unstructure(request.params)},
    )


@asynccontextmanager
async def typist(model: ScriptedModel, source: str, **params: Any) -> AsyncIterator[Typist]:
    async with window(model, **params) as editor:
        user = Typist(editor, model)
        user.open(source)
        yield user
