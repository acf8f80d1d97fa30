"""An answer's code into the editor: one annotated edit, one undo step, and only on the text it was made for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import from_fs_path

from engine.assist.answers import message_in
from engine.assist.tasks import Answer, AssistRequest, AssistTask
from engine.languages import language_of
from lsp_server.features.assist.arguments import Asked
from lsp_server.features.assist.titles import sentence, title_of
from lsp_server.server import CodegeexServer
from lsp_server.workspace.documents import is_open

ANNOTATION = "codegeex"
MAX_SAME_NAMES = 20


async def replace_selection(server: CodegeexServer, asked: Asked, answer: Answer) -> str:
    """Carries the answer's edit out; "" or the reason why not, in words."""
    document, edit, words = asked.request.document, answer.edit, asked.request.words
    if document is None or edit is None:
        return ""
    if not is_open(server.workspace, asked.uri):
        return sentence("closed", words, path=document.path)
    current = server.workspace.get_text_document(asked.uri)
    if current.source != document.text:
        return sentence("changed", words, path=document.path)
    where = types.Range(current.client_position_at_offset(edit.start), current.client_position_at_offset(edit.end))
    return await _apply(server, asked, answer, asked.uri, current.version, where, edit.text)


async def insert_at_start(server: CodegeexServer, asked: Asked, answer: Answer) -> str:
    """Puts a commit message before what its document holds."""
    if asked.request.document is None:
        return ""
    if not is_open(server.workspace, asked.uri):
        return sentence("closed", asked.request.words, path=asked.request.document.path)
    current = server.workspace.get_text_document(asked.uri)
    if current.source != asked.request.document.text:
        return sentence("changed", asked.request.words, path=asked.request.document.path)
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    return await _apply(server, asked, answer, asked.uri, current.version, start, message_in(answer.text) + "\n")


async def create_file(server: CodegeexServer, asked: Asked, answer: Answer) -> tuple[str, str]:
    """(the URI of a new file beside the document that holds the answer's code, or "", the reason why there is none)."""
    uri = uri_of_new_file(asked.request, answer)
    if not uri or not can_create(server):
        return "", ""
    created = types.CreateFile(uri=uri, options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False))
    start = types.Range(types.Position(0, 0), types.Position(0, 0))
    reason = await _apply(server, asked, answer, uri, None, start, answer.code.rstrip("\n") + "\n", created)
    return ("" if reason else uri), reason


def uri_of_new_file(request: AssistRequest, answer: Answer) -> str:
    """Where a file with the answer's code belongs: beside the document, under a free name; "" where that is none."""
    file = request.document.file if request.document else None
    return (from_fs_path(str(_free_name(file, request.task, answer.language))) or "") if file else ""


def can_create(server: CodegeexServer) -> bool:
    edits = _capabilities(server)
    operations = (edits.resource_operations or ()) if edits else ()
    return bool(edits and edits.document_changes) and types.ResourceOperationKind.Create in operations


def _free_name(file: Path, task: AssistTask, language_id: str) -> Path:
    """A name beside `file` that says what is in it, and that no file has."""
    suffixes = language_of(language_id).suffixes
    suffix = suffixes[0] if suffixes else ".txt"
    stem = file.stem
    if task is AssistTask.TESTS:
        suffix = file.suffix or suffix
        stem = {".py": f"test_{stem}", ".go": f"{stem}_test", ".java": f"{stem}Test"}.get(suffix, f"{stem}.test")
    for number in range(MAX_SAME_NAMES):
        free = file.with_name(f"{stem}{f'_{number + 1}' if number else ''}{suffix}")
        if not free.exists():
            return free
    return file.with_name(f"{stem}_{MAX_SAME_NAMES + 1}{suffix}")


async def _apply(
    server: CodegeexServer,
    asked: Asked,
    answer: Answer,
    uri: str,
    version: int | None,
    where: types.Range,
    text: str,
    created: types.CreateFile | None = None,
) -> str:
    label = title_of(asked.request.task, asked.request.words)
    params = types.ApplyWorkspaceEditParams(
        _workspace_edit(server, answer, label, uri, version, where, text, created), label
    )
    try:
        result = await server.workspace_apply_edit_async(params)
    except JsonRpcException as fault:
        return sentence("refused", asked.request.words, reason=fault.message)
    return "" if result.applied else sentence("refused", asked.request.words, reason=result.failure_reason or "?")


def _workspace_edit(
    server: CodegeexServer,
    answer: Answer,
    label: str,
    uri: str,
    version: int | None,
    where: types.Range,
    text: str,
    created: types.CreateFile | None,
) -> types.WorkspaceEdit:
    """With what the client can: versions and annotations, or a plain change."""
    edits = _capabilities(server)
    if not (edits and edits.document_changes):
        return types.WorkspaceEdit(changes={uri: [types.TextEdit(where, text)]})
    document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
    change: Any = types.TextEdit(where, text)
    annotations = None
    if edits.change_annotation_support:
        change = types.AnnotatedTextEdit(ANNOTATION, where, text)
        # What the checks could not prove is looked at before it is done.
        said = "\n".join(answer.warnings) or None
        annotations = {ANNOTATION: types.ChangeAnnotation(label, needs_confirmation=bool(said), description=said)}
    changes: list[Any] = [types.TextDocumentEdit(document, [change])]
    return types.WorkspaceEdit(
        document_changes=[created, *changes] if created else changes, change_annotations=annotations
    )


def _capabilities(server: CodegeexServer) -> types.WorkspaceEditClientCapabilities | None:
    workspace = server.client_capabilities.workspace
    return workspace.workspace_edit if workspace else None
