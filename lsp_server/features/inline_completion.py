"""`textDocument/inlineCompletion` (LSP 3.18)."""

from __future__ import annotations

from dataclasses import replace

from lsprotocol import types

from engine.document import Cursor
from engine.text import with_lf
from engine.types import Cancelled, CompletionRequest, EngineError, Mode
from lsp_server.client import Client
from lsp_server.completion.partial_results import InlineCompletionParams
from lsp_server.completion.provider import Suggestion
from lsp_server.completion.receipts import trace_silence
from lsp_server.completion.request import InlineRequest
from lsp_server.server import CodegeexServer
from lsp_server.workspace.documents import apply_selected_suggestion

DID_ACCEPT = "codegeex.didAcceptCompletion"
MODES = {"line": Mode.LINE, "block": Mode.BLOCK}


def register(server: CodegeexServer) -> None:
    session, client = server.session, server.client

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: InlineCompletionParams) -> types.InlineCompletionList:
        request = read_request(server, params)  # before the first await: the document as the editor saw it
        if request and params.is_from_comment:
            request = request.below_comment()
        if request is None:
            return types.InlineCompletionList([])
        suggestions: list[Suggestion] = []
        stream = params.partial_result_token

        def send(suggestion: Suggestion) -> None:
            if stream is not None:
                client.progress(stream, [_item(client, params, request.typed_ahead, suggestion)])

        with session.documents.state(request.uri).newest_request() as token:
            try:
                if params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked:
                    streamed = None if stream is None else send
                    suggestions = await session.completions.suggest_several(request, token, streamed)
                elif suggestion := await session.completions.suggest(request, token):
                    suggestions = [suggestion]
            except Cancelled:
                pass  # superseded: the editor has sent another request
            except EngineError as fault:
                client.report_fault(str(fault))
        return types.InlineCompletionList(
            [_item(client, params, request.typed_ahead, suggestion) for suggestion in suggestions]
        )


def read_request(server: CodegeexServer, params: types.InlineCompletionParams) -> InlineRequest | None:
    """Return the request with the document as it is now; None if it is not open, or its language is not served."""
    workspace, session, uri = server.workspace, server.session, params.text_document.uri
    if not workspace.is_open(uri):
        server.client.report_fault(f"inlineCompletion for {uri}, which is not open")
        return None
    edited = workspace.get_text_document(uri)
    if not session.settings.serves(edited.language_id or ""):
        trace_silence(server.client, edited.filename or uri, f"completions are off for {edited.language_id or 'it'}")
        return None
    document, start = workspace.snapshot_with_cells(edited)
    offset = start + edited.offset_at_position(params.position)
    if selected := params.context.selected_completion_info:
        begin, end = (start + edited.offset_at_position(p) for p in (selected.range.start, selected.range.end))
        text, offset = apply_selected_suggestion(document.text, offset, begin, end, selected.text)
        document = replace(document, text=text)
    request = CompletionRequest(
        Cursor(document, offset),
        workspace.other_snapshots(edited),
        MODES.get(session.settings.mode),
        session.edits.of_folder(document.root, without=document.path),
        session.documents.state(uri).definitions,
    )
    return InlineRequest(uri, params.position, request, session.documents.epoch(uri))


def _item(
    client: Client, params: types.InlineCompletionParams, typed_ahead: str, suggestion: Suggestion
) -> types.InlineCompletionItem:
    text, where = typed_ahead + suggestion.text, types.Range(params.position, params.position)
    text = with_lf(text) if client.can.makes_line_ends else text
    if selected := params.context.selected_completion_info:
        text, where = selected.text + text, selected.range
    accepted = types.Command("Accepted", DID_ACCEPT, arguments=[suggestion.offer])
    return types.InlineCompletionItem(insert_text=text, range=where, command=accepted)
