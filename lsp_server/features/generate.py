"""`codegeex.generate`: the code below the comment at the cursor, as an edit, for editors without ghost text."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from engine.types import Cancelled, EngineError
from lsp_server.completion.partial_results import InlineCompletionParams
from lsp_server.features.assist.answering import RequestFailed
from lsp_server.features.assist.arguments import invalid, read_range
from lsp_server.features.assist.edits import Change, workspace_edit
from lsp_server.features.assist.ranges import range_to_json
from lsp_server.features.assist.titles import GENERATE, generate_title, sentence
from lsp_server.features.inline_completion import read_request
from lsp_server.server import CodegeexServer


def register(server: CodegeexServer) -> None:
    @server.command(GENERATE)
    async def generate(*arguments: Any) -> dict[str, Any]:
        uri, cursor, applies = _read(arguments[0] if arguments else {})
        words = server.client.language
        context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked)
        params = InlineCompletionParams(context, types.TextDocumentIdentifier(uri), cursor)
        request = read_request(server, params)  # before the first await: the document as the editor saw it
        below = request.below_comment() if request else None
        if below is None:
            raise RequestFailed(sentence("no_comment", words))
        version = server.workspace.get_text_document(uri).version
        with server.session.documents.state(uri).newest_request() as token:
            try:
                suggestions = await server.session.completions.suggest_several(below, token, None)
            except Cancelled:
                suggestions = []
            except EngineError as fault:
                raise RequestFailed(str(fault)) from fault
        if not suggestions:
            raise RequestFailed(sentence("no_code", words))
        change = Change(uri, version, types.Range(cursor, cursor), below.typed_ahead + suggestions[0].text)
        edit = {"range": range_to_json(change.range), "newText": change.text, "version": version}
        reason = await _apply(server, change) if applies else ""
        return {"edit": edit, "applied": applies and not reason, "reason": reason}


def _read(raw: Any) -> tuple[str, types.Position, bool]:
    """Return the document, the cursor in it, and whether the edit is to be made. Raises `JsonRpcInvalidParams`."""
    if not isinstance(raw, dict) or not isinstance(raw.get("uri"), str):
        raise invalid("the argument must be an object with uri and range")
    return raw["uri"], read_range(raw.get("range"))[1], bool(raw.get("apply", True))


async def _apply(server: CodegeexServer, change: Change) -> str:
    """Make the edit. Return "", or the reason why it could not be made."""
    client, workspace = server.client, server.workspace
    words, title = client.language, generate_title(client.language)
    if not workspace.is_open(change.uri):
        return sentence("closed", words, path=change.uri)
    if workspace.get_text_document(change.uri).version != change.version:
        return sentence("changed", words, path=change.uri)
    refusal = await client.apply_edit(workspace_edit(client, change, title, ()), title)
    return "" if refusal is None else sentence("refused", words, reason=refusal or "?")
