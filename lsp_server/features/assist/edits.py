"""Puts an answer's code into the editor: one annotated edit, one undo step, and only in the text it was made for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import from_fs_path

from engine.assist.tasks import Answer, AssistRequest, AssistTask
from engine.languages import language_of
from engine.text import LF, line_end_at
from lsp_server.client import Client
from lsp_server.features.assist.arguments import AssistCall
from lsp_server.features.assist.titles import sentence, title_of
from lsp_server.server import CodegeexServer

ANNOTATION = "codegeex"
START = types.Range(types.Position(0, 0), types.Position(0, 0))
MAX_SAME_NAMES = 20


@dataclass(frozen=True)
class Change:
    """A text in the place of a range of one document."""

    uri: str
    version: int | None  # of the document that the range is in; None for a new file
    range: types.Range
    text: str
    create: bool = False  # the file first


async def replace_selection(server: CodegeexServer, call: AssistCall, answer: Answer) -> str:
    """Carry out the answer's edit. Return "", or the reason why it could not be done."""
    if answer.edit is None:
        return ""
    reason = _why_not_edit(server, call) or await _why_unwanted(server.client, call, answer)
    if reason := reason or _why_not_edit(server, call):  # the user may have taken a while to choose
        return reason
    current = server.workspace.get_text_document(call.uri)
    ends = (current.client_position_at_offset(offset) for offset in (answer.edit.start, answer.edit.end))
    change = Change(call.uri, current.version, types.Range(*ends), answer.edit.text)
    return await _apply(server.client, call, answer, change)


async def insert_at_start(server: CodegeexServer, call: AssistCall, answer: Answer) -> str:
    """Insert a commit message before what its document holds. Return "", or the reason why it could not be done."""
    if reason := _why_not_edit(server, call):
        return reason
    current = server.workspace.get_text_document(call.uri)
    text = (answer.text + LF).replace(LF, line_end_at(current.source, 0))
    return await _apply(server.client, call, answer, Change(call.uri, current.version, START, text))


async def create_file(client: Client, call: AssistCall, answer: Answer) -> tuple[str, str]:
    """Create a file with the answer's code next to the document, if the client can.

    Return (its URI or "", the reason why it could not be created or "").
    """
    uri = uri_of_new_file(call.request, answer)
    if not uri or not client.can.creates_files:
        return "", ""
    change = Change(uri, None, START, answer.code.rstrip("\n") + "\n", create=True)
    reason = await _apply(client, call, answer, change)
    return ("" if reason else uri), reason


def uri_of_new_file(request: AssistRequest, answer: Answer) -> str:
    """Return where a file with the answer's code belongs: next to the document, under a free name, or ""."""
    file = request.document.file if request.document else None
    return (from_fs_path(str(_free_name(file, request.task, answer.language))) or "") if file else ""


def _why_not_edit(server: CodegeexServer, call: AssistCall) -> str:
    """Return why the document can no longer be edited, or ""."""
    document, words = call.request.document, call.request.words
    if document is None or not server.workspace.is_open(call.uri):
        return sentence("closed", words, path=document.path if document else call.uri)
    if server.workspace.get_text_document(call.uri).source != document.text:
        return sentence("changed", words, path=document.path)
    return ""


async def _why_unwanted(client: Client, call: AssistCall, answer: Answer) -> str:
    """Let the user decide on an edit with warnings, if the client cannot ask for that itself. Return "" to make it."""
    if not answer.warnings or client.can.takes_annotated_edits:
        return ""
    words = call.request.words
    apply, discard = sentence("apply", words), sentence("discard", words)
    chosen = await client.choose("\n".join(answer.warnings), (apply, discard))
    return "" if chosen == apply else sentence("not_applied", words)


def _free_name(file: Path, task: AssistTask, language_id: str) -> Path:
    """Return a descriptive name for a new file next to `file`."""
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


async def _apply(client: Client, call: AssistCall, answer: Answer, change: Change) -> str:
    label = title_of(call.request.task, call.request.words)
    refusal = await client.apply_edit(workspace_edit(client, change, label, answer.warnings), label)
    return "" if refusal is None else sentence("refused", call.request.words, reason=refusal or "?")


def workspace_edit(client: Client, change: Change, label: str, warnings: tuple[str, ...]) -> types.WorkspaceEdit:
    """Return the edit with a version and an annotation, if the client takes them. Warnings ask for confirmation."""
    if not client.can.takes_versioned_edits:
        return types.WorkspaceEdit(changes={change.uri: [types.TextEdit(change.range, change.text)]})
    edit: Any = types.TextEdit(change.range, change.text)
    annotations = None
    if client.can.takes_annotated_edits:
        edit = types.AnnotatedTextEdit(ANNOTATION, change.range, change.text)
        warning = "\n".join(warnings) or None
        annotations = {ANNOTATION: types.ChangeAnnotation(label, needs_confirmation=bool(warning), description=warning)}
    document = types.OptionalVersionedTextDocumentIdentifier(uri=change.uri, version=change.version)
    changes: list[Any] = [types.TextDocumentEdit(document, [edit])]
    if change.create:
        options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
        changes.insert(0, types.CreateFile(uri=change.uri, options=options))
    return types.WorkspaceEdit(document_changes=changes, change_annotations=annotations)
