"""The definitions of the names at the cursor, which the editor's own language servers know better than any index.

The client is asked in a pause, if it can answer `codegeex/definitions` (docs/protocol.md). A late answer serves the
next search.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from lsprotocol import types

from engine.context.source import NAME
from engine.context.syntax import family_of
from engine.types import Location
from lsp_server.client import Client
from lsp_server.completion.document_state import DocumentState
from lsp_server.workspace.documents import EditorWorkspace

DEFINITIONS = "codegeex/definitions"
PATIENCE_SECONDS = 0.3
MAX_NAMES = 6
LINES_ABOVE = 3
MIN_NAME_CHARS = 2
MAX_LINE_CHARS = 500
MAX_LOCATIONS = 4  # of one name; more than that are no help


class DefinitionFinder:
    """Asks the client. On the event loop."""

    def __init__(self, client: Client, workspace: Callable[[], EditorWorkspace]) -> None:
        self._client, self._workspace = client, workspace

    async def update(self, state: DocumentState, uri: str, at: types.Position) -> None:
        """Let `state` know where the names before `at` are defined. Return once it does, or if that takes too long."""
        workspace = self._workspace()
        if not (self._client.can.finds_definitions and workspace.is_open(uri) and workspace.locate(uri)):
            return
        document = workspace.get_text_document(uri)
        column = document.offset_at_position(at) - sum(map(len, document.lines[: at.line]))
        keywords = family_of(document.language_id or "", document.path or "").keywords
        names = names_before(document.lines, at.line, column, keywords)
        if not names:
            return
        codec = workspace.position_codec
        positions = [codec.position_to_client_units(document.lines, types.Position(*each)) for each in names]
        params = {
            "textDocument": {"uri": uri},
            "positions": [{"line": each.line, "character": each.character} for each in positions],
        }
        asking = self._client.request(DEFINITIONS, params)

        def keep(answer: asyncio.Future[Any]) -> None:
            is_answered = not answer.cancelled() and answer.exception() is None
            state.define(_definitions(workspace, uri, answer.result()) if is_answered else ())

        asking.add_done_callback(keep)
        await asyncio.wait([asking], timeout=PATIENCE_SECONDS)


def names_before(lines: Sequence[str], line: int, column: int, keywords: frozenset[str]) -> list[tuple[int, int]]:
    """Return (line, column), in code points, of the names before a place, each name once, the nearest first."""
    found: dict[str, tuple[int, int]] = {}
    for number in range(min(line, len(lines) - 1), max(-1, line - LINES_ABOVE - 1), -1):
        text = lines[number][:column] if number == line else lines[number]
        for match in reversed(list(NAME.finditer(text[:MAX_LINE_CHARS]))):
            if len(match[2]) >= MIN_NAME_CHARS and match[2] not in keywords:
                found.setdefault(match[2], (number, match.start(2)))
    return list(found.values())[:MAX_NAMES]


def _definitions(workspace: EditorWorkspace, uri: str, answer: Any) -> tuple[Location, ...]:
    """Return the places that a client answered, in the document's own folder. Skips what cannot be read."""
    here = workspace.locate(uri)
    found: dict[Location, None] = {}
    for locations in _list(answer):
        for location in _list(locations)[:MAX_LOCATIONS]:
            with suppress(AttributeError, KeyError, TypeError, ValueError):
                place, line = workspace.locate(location["uri"]), int(location["range"]["start"]["line"])
                if here and place and place.root == here.root:
                    found[Location(place.path, line)] = None
    return tuple(found)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
