"""One call from its arguments to an answer in JSON, for chat panels and commands."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcException
from pygls.uris import from_fs_path

from engine.assist.tasks import Answer, Reference
from engine.types import CancellationToken, Cancelled, EngineError
from lsp_server.features.assist.arguments import AssistCall
from lsp_server.features.assist.progress import AnswerProgress
from lsp_server.features.assist.ranges import lines_to_json
from lsp_server.features.assist.titles import title_of
from lsp_server.server import CodegeexServer

if TYPE_CHECKING:
    from engine.assist.gather import Gathered


class RequestFailed(JsonRpcException):
    """A valid request that could not be carried out. The message is for the user (LSP 3.17)."""

    CODE = -32803


async def answer_call(server: CodegeexServer, call: AssistCall) -> tuple[Answer, bool]:
    """Return (the answer, whether it was stopped by its progress' cancel button: then it is the text until then).

    Raises `RequestFailed`, and `CancelledError` if the request itself is cancelled.
    """
    session, request = server.session, call.request
    cancellation = CancellationToken()
    progress = AnswerProgress(server.client, cancellation, call.work_done_token, call.partial_token)
    await progress.begin(title_of(request.task, request.words))
    try:
        workspaces = dict(session.folders.indexes)
        settings = session.settings

        def search() -> Gathered:
            from engine.assist.gather import gather  # a server's start does not wait for it

            return gather(request, workspaces)

        model, gathered = await session.worker.lend(settings, search)

        def work() -> Answer:
            from engine.assist.assist import respond

            return respond(request, gathered, model, settings.assist, cancellation, progress.watcher)

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


def answer_to_json(server: CodegeexServer, answer: Answer, *, stopped: bool) -> dict[str, Any]:
    """Return what a client gets of an answer, whatever the task."""
    description = server.session.worker.description("chat")
    return {
        "text": answer.text,
        "sources": [_link(source) for source in answer.sources],
        "notices": list(answer.notices),
        "warnings": list(answer.warnings),
        "converses": answer.converses,
        "stopped": stopped,
        "model": description.name if description else "",
    }


def _link(source: Reference) -> dict[str, Any]:
    """Return a source as a client can open it. One that is not a file has no `uri`."""
    place = {
        "path": source.path,
        "range": lines_to_json(source.start_line, source.end_line),
        "reason": source.reason,
    }
    uri = from_fs_path(str(source.file)) if source.file else None
    return place | ({"symbol": source.symbol} if source.symbol else {}) | ({"uri": uri} if uri else {})
