"""A request for an inline completion, with the document as the editor saw it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lsprotocol import types

from engine.completion.cache import Place, place_of
from engine.document import Cursor
from engine.types import CompletionRequest, Mode
from lsp_server.completion.partial_results import InlineCompletionParams
from lsp_server.server import CodegeexServer
from lsp_server.workspace.documents import apply_selected_suggestion, is_open, snapshot, with_cells, workspace_roots

MODES = {"line": Mode.LINE, "block": Mode.BLOCK}


@dataclass(frozen=True)
class Asked:
    params: InlineCompletionParams
    request: CompletionRequest
    place: Place

    @property
    def uri(self) -> str:
        return self.params.text_document.uri

    @property
    def cursor(self) -> Cursor:
        return self.request.cursor

    @property
    def is_explicit(self) -> bool:
        return self.params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked


def read_request(server: CodegeexServer, params: InlineCompletionParams) -> Asked | None:
    """None where the document is not served."""
    request = _request(server, params)
    if request is None:
        return None
    uri = params.text_document.uri
    place = place_of(uri, request.cursor, server.session.epoch(uri), request.mode)
    return Asked(params, request, place)


def _request(server: CodegeexServer, params: InlineCompletionParams) -> CompletionRequest | None:
    workspace, settings = server.workspace, server.session.settings
    if not is_open(workspace, params.text_document.uri):
        server.client.report_fault(f"inlineCompletion for {params.text_document.uri}, which is not open")
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
    document, offset, others = with_cells(workspace, edited, document, offset, roots)
    recent = server.session.recent_edits(document.root, document.path)
    defined = server.session.defined.get(params.text_document.uri, ())
    return CompletionRequest(Cursor(document, offset), others, MODES.get(settings.mode), recent, defined)
