"""One request from JSON to an answer, for chat panels and commands: gather, respond, and what a stop leaves."""

from __future__ import annotations

import asyncio
from typing import Any

from pygls.exceptions import JsonRpcException
from pygls.uris import from_fs_path

from engine.assist.assist import respond
from engine.assist.gather import gather
from engine.assist.tasks import Answer, Reference
from engine.types import CancellationToken, Cancelled, EngineError
from lsp_server.features.assist.arguments import Asked
from lsp_server.features.assist.progress import Progress
from lsp_server.features.assist.ranges import lines_to_json
from lsp_server.features.assist.titles import title_of
from lsp_server.server import CodegeexServer


class RequestFailed(JsonRpcException):
    """A request that was right and could not be carried out; the message is for the person (LSP 3.17)."""

    CODE = -32803


async def answer(server: CodegeexServer, asked: Asked) -> tuple[Answer, bool]:
    """(the answer, whether it was stopped by its progress' cancel button: then it is what was said until then).

    Raises `RequestFailed`, and `CancelledError` where the request itself was cancelled.
    """
    session, request = server.session, asked.request
    cancellation = CancellationToken()
    progress = Progress(server.client, cancellation, asked.work_done_token, asked.partial_token)
    await progress.begin(title_of(request.task, request.words))
    try:
        workspaces = dict(session.folders.indexes)
        model, gathered = await session.worker.lend(session.settings, lambda: gather(request, workspaces))
        settings = session.settings.assist

        def work() -> Answer:
            return respond(request, gathered, model, settings, cancellation, progress.watcher)

        return await session.answers.run(work, cancellation), False
    except Cancelled:
        return Answer(progress.text, is_cut_off=True), True
    except asyncio.CancelledError:
        cancellation.cancel()
        raise
    except EngineError as fault:
        raise RequestFailed(str(fault)) from fault
    finally:
        progress.end()


def as_json(server: CodegeexServer, what: Answer, *, stopped: bool) -> dict[str, Any]:
    """What a client is told of an answer, whatever the task."""
    description = server.session.worker.description("chat")
    return {
        "text": what.text,
        "sources": [_link(source) for source in what.sources],
        "notices": list(what.notices),
        "warnings": list(what.warnings),
        "converses": what.converses,
        "stopped": stopped,
        "model": description.name if description else "",
    }


def _link(source: Reference) -> dict[str, Any]:
    """A source as a client can open it; one that is no file has no `uri`."""
    place = {
        "path": source.path,
        "range": lines_to_json(source.start_line, source.end_line),
        "reason": source.reason,
    }
    uri = from_fs_path(str(source.file)) if source.file else None
    return place | ({"symbol": source.symbol} if source.symbol else {}) | ({"uri": uri} if uri else {})
