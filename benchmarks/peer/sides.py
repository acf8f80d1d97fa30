"""What a replay drives: an editor's view of a completion service; and our daemon as one, over LSP on stdio."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lsprotocol import types

from benchmarks.peer.strokes import Stroke
from lsp_server.scripted_editor import ScriptedEditor


@dataclass(frozen=True)
class Answer:
    """What the editor would show, "" for nothing. `asked` is False if the client itself decided not to request."""

    text: str
    cached: bool = False
    asked: bool = True


class Side(Protocol):
    """One document at a time. Offsets are in code points; texts have LF line ends."""

    async def open(self, file: Path, language: str, text: str) -> None: ...

    def change(self, before: str, stroke: Stroke, after: str) -> None:
        """A key was pressed: what is under way is for an outdated text."""
        ...

    async def suggest(self, text: str, cursor: int) -> Answer: ...

    def save(self) -> None:
        """Report a save; the file is written already."""
        ...


class Daemon(ScriptedEditor):
    """Our daemon, as an editor that sends what VS Code sends."""

    _uri = ""

    async def open_file(self, file: Path, language: str, text: str) -> None:
        if self._uri:
            self.close(self._uri)
        self._uri = self.open(file, text, language)

    def change(self, before: str, stroke: Stroke) -> None:
        self._version += 1
        where = types.Range(position(before, stroke.start), position(before, stroke.end))
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=self._uri, version=self._version),
                [types.TextDocumentContentChangePartial(range=where, text=stroke.text)],
            )
        )

    async def ask(self, text: str, cursor: int) -> tuple[str, str]:
        """Return the suggestion and its trace. Unlike `suggest`, several requests may be under way."""
        answer = await self._client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                types.TextDocumentIdentifier(self._uri),
                position(text, cursor),
            )
        )
        trace = "; ".join(self._traces)
        self._traces.clear()
        items = answer.items if isinstance(answer, types.InlineCompletionList) else answer or []
        shown: Any = items[0].insert_text if items else ""
        return (shown if isinstance(shown, str) else shown.value), trace

    def save(self) -> None:
        self._client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(self._uri)))


class Ours:
    """`Side` over a running `Daemon`. What is answered without the model's prefill came from the daemon's cache."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def open(self, file: Path, language: str, text: str) -> None:
        await self._daemon.open_file(file, language, text)

    def change(self, before: str, stroke: Stroke, after: str) -> None:
        del after
        self._daemon.change(before, stroke)

    async def suggest(self, text: str, cursor: int) -> Answer:
        shown, trace = await self._daemon.ask(text, cursor)
        return Answer(shown, cached=bool(shown) and bool(trace) and "prefill" not in trace)

    def save(self) -> None:
        self._daemon.save()


def position(text: str, offset: int) -> types.Position:
    """Return the position in lines and UTF-16 units."""
    start = text.rfind("\n", 0, offset) + 1
    return types.Position(text.count("\n", 0, offset), len(text[start:offset].encode("utf-16-le")) // 2)
