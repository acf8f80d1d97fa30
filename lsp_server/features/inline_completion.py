"""`textDocument/inlineCompletion` (LSP 3.18)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from lsprotocol import types

from engine.types import Cancelled, CompletionRequest, EngineError, Mode, Outcome
from lsp_server import notebooks, reporting
from lsp_server.documents import apply_selected_suggestion, is_open, snapshot, workspace_roots
from lsp_server.server import CodegeexServer

NOTHING = types.InlineCompletionList(items=[])
MODES = {"line": Mode.LINE, "block": Mode.BLOCK}


def register(server: CodegeexServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        session, uri = server.session, params.text_document.uri
        request = _request(server, params)  # before the first await: the document as the editor saw it
        token = session.supersede(uri)
        if request is None:
            return NOTHING
        try:
            outcome = await session.worker.complete(request, session.settings, token, dict(session.indexes))
        except Cancelled:
            return NOTHING  # superseded: the editor has asked again
        except asyncio.CancelledError:
            token.cancel()
            raise
        except EngineError as fault:
            reporting.fault(server, str(fault))
            return NOTHING
        finally:
            session.finished(uri, token)
        reporting.outcome(server, request, outcome)
        reporting.receipt(server, params.text_document.uri, outcome)
        return _items(params, outcome)


def _request(server: CodegeexServer, params: types.InlineCompletionParams) -> CompletionRequest | None:
    workspace, settings = server.workspace, server.session.settings
    if not is_open(workspace, params.text_document.uri):
        reporting.fault(server, f"inlineCompletion for {params.text_document.uri}, which is not open")
        return None
    edited = workspace.get_text_document(params.text_document.uri)
    if not settings.serves(edited.language_id or ""):
        return None
    roots = workspace_roots(workspace)
    document = snapshot(edited, roots)
    offset = edited.offset_at_position(params.position)
    if selected := params.context.selected_completion_info:
        start, end = (edited.offset_at_position(p) for p in (selected.range.start, selected.range.end))
        text, offset = apply_selected_suggestion(document.text, offset, start, end, selected.text)
        document = replace(document, text=text)
    document, offset = notebooks.below_its_cells(workspace, edited, document, offset, roots)
    others = tuple(
        snapshot(other, roots) for other in reversed(list(workspace.text_documents.values())) if other is not edited
    )
    recent = server.session.recent_edits(document.root, document.path)
    return CompletionRequest(document, offset, others, MODES.get(settings.mode), recent)


def _items(params: types.InlineCompletionParams, outcome: Outcome) -> types.InlineCompletionList:
    if outcome.completion is None:
        return NOTHING
    text, where = outcome.completion.text, types.Range(params.position, params.position)
    if selected := params.context.selected_completion_info:
        text, where = selected.text + text, selected.range
    return types.InlineCompletionList(items=[types.InlineCompletionItem(insert_text=text, range=where)])
