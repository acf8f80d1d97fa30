"""What the names at the cursor are, as the editor's own language servers know it: better than any index does.

Asked in a pause, of a client that offers it (`codegeex/definitions`, docs/protocol.md). What comes late serves the next
search.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from lsprotocol import types

from engine.context.source import NAME
from engine.context.syntax import family_of
from lsp_server.server import CodegeexServer
from lsp_server.workspace.documents import file_of, is_open, root_of, workspace_roots

DEFINITIONS = "codegeex/definitions"
PATIENCE_SECONDS = 0.3
MAX_NAMES = 6
LINES_ABOVE = 3
MIN_NAME_CHARS = 2
MAX_LINE_CHARS = 500
MAX_LOCATIONS = 4  # of one name; more are no answer

Defined = tuple[tuple[str, int], ...]


async def ask_definitions(server: CodegeexServer, uri: str, at: types.Position) -> None:
    """Has the session know what the names before `at` are. Returns when it does, or when that takes too long."""
    in_folder = root_of(file_of(uri), workspace_roots(server.workspace))
    if not (in_folder and server.client.can.finds_definitions and is_open(server.workspace, uri)):
        return
    document = server.workspace.get_text_document(uri)
    column = document.offset_at_position(at) - sum(map(len, document.lines[: at.line]))
    keywords = family_of(document.language_id or "", document.path or "").keywords
    names = names_before(document.lines, at.line, column, keywords)
    if not names:
        return
    codec = server.workspace.position_codec
    positions = [codec.position_to_client_units(document.lines, types.Position(*each)) for each in names]
    params = {
        "textDocument": {"uri": uri},
        "positions": [{"line": each.line, "character": each.character} for each in positions],
    }
    asked = server.client.request(DEFINITIONS, params)

    def keep(answer: asyncio.Future[Any]) -> None:
        told = () if answer.cancelled() or answer.exception() else places(server, uri, answer.result())
        if is_open(server.workspace, uri):
            server.session.defined[uri] = told

    asked.add_done_callback(keep)
    await asyncio.wait([asked], timeout=PATIENCE_SECONDS)


def names_before(lines: Sequence[str], line: int, column: int, keywords: frozenset[str]) -> list[tuple[int, int]]:
    """(line, column), in code points, of the names before a place, each name once, the nearest first."""
    found: dict[str, tuple[int, int]] = {}
    for number in range(min(line, len(lines) - 1), max(-1, line - LINES_ABOVE - 1), -1):
        text = lines[number][:column] if number == line else lines[number]
        for match in reversed(list(NAME.finditer(text[:MAX_LINE_CHARS]))):
            if len(match[2]) >= MIN_NAME_CHARS and match[2] not in keywords:
                found.setdefault(match[2], (number, match.start(2)))
    return list(found.values())[:MAX_NAMES]


def places(server: CodegeexServer, uri: str, answer: Any) -> Defined:
    """(path, line) of what a client answered, in the document's own folder. What cannot be read is passed over."""
    roots = workspace_roots(server.workspace)
    root = root_of(file_of(uri), roots)
    found: dict[tuple[str, int], None] = {}
    for locations in _list(answer):
        for location in _list(locations)[:MAX_LOCATIONS]:
            with suppress(AttributeError, KeyError, TypeError, ValueError):
                file, line = file_of(location["uri"]), int(location["range"]["start"]["line"])
                if root and file and root_of(file, roots) == root:
                    found[file.relative_to(root).as_posix(), line] = None
    return tuple(found)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
