"""The origin of suggestions: a trace, if the client wants one, and a receipt of what the model was shown."""

from __future__ import annotations

from collections import Counter

from lsprotocol import types

from engine.completion.cache import MISS
from engine.types import CompletionRequest, Outcome
from lsp_server.client import Client

CONTEXT_RECEIPT = "codegeex/contextReceipt"


def trace_completion(
    client: Client, request: CompletionRequest, outcome: Outcome, lookups: Counter[str], *, found: str = ""
) -> None:
    """Trace a completion or the reason for none, as `$/setTrace` asks. `found` is how the cache knew it, if it did."""
    if client.trace_level == types.TraceValue.Off:
        return
    took = ", ".join(f"{stage} {ms:.1f} ms" for stage, ms in outcome.stages_ms.items())
    shown = f"{outcome.completion.confidence:.2f}" if outcome.completion else f"nothing: {outcome.silence}"
    verbose = None
    if client.trace_level == types.TraceValue.Verbose and outcome.prompt:
        verbose = "\n".join(
            f"{use.snippet.path}:{use.snippet.start_line + 1}-{use.snippet.end_line}"
            f" {use.tokens} tokens, {use.snippet.reason}"
            for use in outcome.prompt.used
        )
    hits, total = cache_hits(lookups)
    origin = f"from the cache, {found}" if found else "from the model"
    client.trace(
        f"inline completion in {request.cursor.document.path} {origin} (cache: {hits} of {total}): {shown}; {took}",
        verbose,
    )


def trace_silence(client: Client, path: str, reason: str) -> None:
    """Trace why nothing was looked for at all, as `$/setTrace` asks."""
    if client.trace_level != types.TraceValue.Off:
        client.trace(f"inline completion in {path}: nothing: {reason}")


def cache_hits(lookups: Counter[str]) -> tuple[int, int]:
    """Return (lookups that the cache answered, all lookups)."""
    return lookups.total() - lookups[MISS], lookups.total()


def send_receipt(client: Client, uri: str, outcome: Outcome) -> None:
    """Send `codegeex/contextReceipt`: which lines of which files the model was shown."""
    if outcome.prompt is None:
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
        for use in outcome.prompt.used
    ]
    receipt = {
        "uri": uri,
        "snippets": snippets,
        "prefixTokens": outcome.prompt.prefix_tokens,
        "suffixTokens": outcome.prompt.suffix_tokens,
        "shown": outcome.completion is not None,
    }
    client.notify(CONTEXT_RECEIPT, receipt)
