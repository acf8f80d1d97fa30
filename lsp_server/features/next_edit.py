"""Next edits: as GitHub Copilot's language server has them, and `codegeex/nextEdit` for clients that can show more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.workspace import PositionCodec

from lsp_server.next_edit.provider import NextEdit
from lsp_server.server import CodegeexServer

if TYPE_CHECKING:  # imported with the first request
    from engine.next_edit.values import Diagnostic

INLINE_EDIT = "textDocument/copilotInlineEdit"
DID_SHOW = "textDocument/didShowInlineEdit"
REJECTED = "notifyNextEditRejected"
NEXT_EDITS = "codegeex/nextEdit"
ACCEPTED = "github.copilot.didAcceptNextEditSuggestionItem"
NEXT_EDIT = "codegeex.nextEdit"
MAX_DIAGNOSTICS = 50


def register(server: CodegeexServer) -> None:
    next_edits = server.session.next_edits

    @server.feature(INLINE_EDIT)
    async def inline_edit(params: Any) -> dict[str, Any]:
        """Return edits of the document itself: alternatives, the best first."""
        edits, _ = await _suggest(server, params)
        uri = params["textDocument"]["uri"] if edits else ""
        return {"edits": [_to_json(server, edit) for edit in edits if edit.uri == uri]}

    @server.feature(NEXT_EDITS)
    async def next_edit(params: Any) -> dict[str, Any]:
        edits, silence = await _suggest(server, params)
        return {"edits": [_to_json(server, edit, detailed=True) for edit in edits], "silence": silence}

    @server.feature(DID_SHOW)
    def did_show(_params: Any) -> None:
        """Accept the notification: nothing depends on it yet."""

    @server.feature(REJECTED)
    async def rejected(params: Any) -> None:
        if isinstance(params, dict):
            await next_edits.refuse(str(params.get("uuid", "")))

    @server.command(ACCEPTED)
    def accepted(*arguments: Any) -> None:
        if arguments:
            next_edits.accept(str(arguments[0]))

    @server.command(NEXT_EDIT)
    async def apply_next_edit(*arguments: Any) -> dict[str, Any]:
        """Make an edit that was offered (`id`), or the best one for a place (`uri`, `position`)."""
        argument = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
        edit, reason = next_edits.get(str(argument.get("id", ""))), "there is no such next edit any more"
        if "uri" in argument:
            place = {"textDocument": {"uri": argument["uri"]}, "position": argument.get("position") or {}}
            edits, reason = await _suggest(server, place, wanted=True)
            edit = edits[0] if edits else None
        if edit is None:
            return {"applied": False, "reason": reason}
        if not next_edits.is_current(edit):
            return {"applied": False, "reason": "the document has changed meanwhile"}
        refusal = await server.client.apply_edit(_workspace_edit(server, edit), edit.proposal.reason)
        if refusal is None:
            next_edits.accept(edit.id)
        return {"applied": refusal is None, "reason": refusal or ""}


async def _suggest(server: CodegeexServer, params: Any, *, wanted: bool = False) -> tuple[list[NextEdit], str]:
    """Return the edits for a request, or nothing and why. Stale versions and what is not open get nothing."""
    try:
        uri, version = params["textDocument"]["uri"], params["textDocument"].get("version")
        line = int(params["position"].get("line", -1))
    except (AttributeError, KeyError, TypeError, ValueError):
        return [], "the request has no document or position"
    workspace, next_edits = server.workspace, server.session.next_edits
    if not isinstance(uri, str) or not workspace.is_open(uri):
        return [], "the document is not open"
    document = workspace.get_text_document(uri)
    if isinstance(version, int) and version != document.version:
        return [], "the request is for another version of the document"
    if not next_edits.serves(document.language_id or ""):
        return [], "next edits are turned off"
    path = workspace.snapshot(document).path
    return await next_edits.suggest(uri, line, _diagnostics(params, path), wanted=wanted)


def _diagnostics(params: Any, path: str) -> tuple[Diagnostic, ...]:
    from engine.next_edit.values import Diagnostic

    found: list[Diagnostic] = []
    listed = params.get("diagnostics")
    for each in listed[:MAX_DIAGNOSTICS] if isinstance(listed, list) else ():
        try:
            found.append(Diagnostic(path, int(each["range"]["start"]["line"]), str(each["message"])))
        except (KeyError, TypeError, ValueError):  # noqa: PERF203 - one malformed diagnostic spoils no other
            continue
    return tuple(found)


def _to_json(server: CodegeexServer, edit: NextEdit, *, detailed: bool = False) -> dict[str, Any]:
    where = _range(server.workspace.position_codec, edit)
    answer: dict[str, Any] = {
        "text": edit.new_text,
        "range": {
            "start": {"line": where.start.line, "character": where.start.character},
            "end": {"line": where.end.line, "character": where.end.character},
        },
        "textDocument": {"uri": edit.uri, "version": edit.version},
        "command": {"title": "Accept inline edit", "command": ACCEPTED, "arguments": [edit.id]},
    }
    if detailed:
        proposal = edit.proposal
        answer |= {"kind": proposal.kind, "reason": proposal.reason, "probability": round(proposal.probability, 3)}
    return answer


def _workspace_edit(server: CodegeexServer, edit: NextEdit) -> types.WorkspaceEdit:
    change = types.TextEdit(_range(server.workspace.position_codec, edit), edit.new_text)
    if not server.client.can.takes_versioned_edits:
        return types.WorkspaceEdit(changes={edit.uri: [change]})
    document = types.OptionalVersionedTextDocumentIdentifier(uri=edit.uri, version=edit.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [change])])


def _range(codec: PositionCodec, edit: NextEdit) -> types.Range:
    """Return the range of an edit in the client's units: lines are the same, whatever ends them."""
    proposal = edit.proposal
    return types.Range(_position(codec, edit.text, proposal.start), _position(codec, edit.text, proposal.end))


def _position(codec: PositionCodec, text: str, offset: int) -> types.Position:
    start = text.rfind("\n", 0, offset) + 1
    return types.Position(text.count("\n", 0, offset), codec.client_num_units(text[start:offset]))
