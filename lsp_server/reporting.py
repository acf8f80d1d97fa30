"""What a person is told: faults once, in the log; each completion's receipt where tracing is on. Never a traceback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError

from engine.completion.cache import MISS
from engine.types import CompletionRequest, Outcome
from lsp_server import status

if TYPE_CHECKING:
    from lsp_server.server import CodegeexServer

CONTEXT_RECEIPT = "codegeex/contextReceipt"

log = logging.getLogger(__name__)


def fault(server: CodegeexServer, message: str) -> None:
    """Says what is wrong and what to do: once in the editor's log, and in the status until something is answered."""
    status.failed(server, message)
    if server.session.is_new_fault(message):
        _log_message(server, types.MessageType.Error, message)


def is_refusal(error: object) -> bool:
    """Whether a request was answered with a reason, which is between it and whoever asked: nothing is wrong here."""
    return isinstance(error, JsonRpcException) and not isinstance(error, JsonRpcInternalError)


def warning(server: CodegeexServer, message: str) -> None:
    _log_message(server, types.MessageType.Warning, message)


def info(server: CodegeexServer, message: str) -> None:
    _log_message(server, types.MessageType.Info, message)


def outcome(server: CodegeexServer, request: CompletionRequest, what: Outcome, *, known: str = "") -> None:
    """The receipt of a completion, by `$/logTrace` as `$/setTrace` asks. `known`: how the cache knew of it."""
    status.answered(server)
    trace = server.protocol.trace
    if trace == types.TraceValue.Off:
        return
    took = ", ".join(f"{stage} {ms:.1f} ms" for stage, ms in what.stages_ms.items())
    shown = f"{what.completion.confidence:.2f}" if what.completion else f"nothing: {what.silence}"
    verbose = None
    if trace == types.TraceValue.Verbose and what.prompt:
        verbose = "\n".join(
            f"{use.snippet.path}:{use.snippet.start_line + 1}-{use.snippet.end_line}"
            f" {use.tokens} tokens, {use.snippet.reason}"
            for use in what.prompt.used
        )
    hits, asked = cache_use(server)
    origin = f"from the cache, {known}" if known else "from the model"
    message = f"inline completion in {request.document.path} {origin} (cache: {hits} of {asked}): {shown}; {took}"
    server.protocol.notify(types.LOG_TRACE, types.LogTraceParams(message=message, verbose=verbose))


def cache_use(server: CodegeexServer) -> tuple[int, int]:
    """(completions that the cache answered, completions that were asked for)."""
    counts = server.session.cache.counts
    return counts.total() - counts[MISS], counts.total()


def receipt(server: CodegeexServer, uri: str, what: Outcome) -> None:
    """Which lines of which files each suggestion was made from, as `codegeex/contextReceipt`, where a client asked."""
    if not server.session.settings.receipts or what.prompt is None:
        return
    snippets = [
        {
            "path": use.snippet.path,
            "startLine": use.snippet.start_line,
            "endLine": use.snippet.end_line,
            "reason": use.snippet.reason,
            "score": use.snippet.score,
            "tokens": use.tokens,
        }
        for use in what.prompt.used
    ]
    body = {"uri": uri, "snippets": snippets, "prefixTokens": what.prompt.prefix_tokens}
    server.protocol.notify(
        CONTEXT_RECEIPT, body | {"suffixTokens": what.prompt.suffix_tokens, "shown": what.completion is not None}
    )


def _log_message(server: CodegeexServer, kind: types.MessageType, message: str) -> None:
    log.log({types.MessageType.Error: 40, types.MessageType.Warning: 30}.get(kind, 20), "%s", message)
    if server.protocol.writer is not None:
        server.window_log_message(types.LogMessageParams(type=kind, message=message))
