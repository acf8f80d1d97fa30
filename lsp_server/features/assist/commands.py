"""`workspace/executeCommand`: the tasks for editors that have an LSP client only. Each takes one object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from lsprotocol import types

from engine.assist.tasks import GIVES_CODE, NEW_CODE, REPLACES, Answer, AssistTask, Edit
from engine.assist.thoughts import without_thoughts
from engine.languages import language_of
from lsp_server.features.assist import edits
from lsp_server.features.assist.answering import answer_call, answer_to_json
from lsp_server.features.assist.arguments import AssistCall, read_call
from lsp_server.features.assist.ask import ask_question
from lsp_server.features.assist.ranges import range_to_json
from lsp_server.features.assist.showing import show
from lsp_server.features.assist.staged import COMMIT_MESSAGE_LANGUAGES, staged_diff
from lsp_server.features.assist.titles import COMMANDS, sentence
from lsp_server.protocol import work_done_token
from lsp_server.server import CodegeexServer
from lsp_server.workspace.documents import EditorDocument, UnitsCodec

# The choice if the call names none; it may name any other.
TARGETS = ("python", "java", "javascript", "typescript", "go", "rust", "cpp", "csharp")


def register(server: CodegeexServer) -> None:
    for task, name in COMMANDS.items():
        server.command(name)(_command(server, task))


def _command(server: CodegeexServer, task: AssistTask) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def run(*arguments: Any) -> dict[str, Any]:
        raw = arguments[0] if arguments else {}
        token = work_done_token.get()
        if isinstance(raw, dict) and token is not None:
            raw = {"workDoneToken": token, **raw}
        if task is AssistTask.ASK:
            return await _ask(server, raw)
        return await _carry_out(server, read_call(server, task, raw))

    return run


async def _ask(server: CodegeexServer, raw: Any) -> dict[str, Any]:
    result = await ask_question(server, raw)
    if isinstance(raw, dict) and raw.get("apply", True):
        sources = [f"- {source['path']}:{source['range']['start']['line'] + 1}" for source in result["sources"]]
        parts = [result["text"], "\n".join(sources) if result["converses"] else "", "\n".join(result["notices"])]
        result["uri"] = await show(server.client, "ask", ".md", "\n\n".join(filter(None, parts)) + "\n")
    return result


async def _carry_out(server: CodegeexServer, call: AssistCall) -> dict[str, Any]:
    """Answer the call, and do with the answer what the task is for, unless the client wants to do that itself."""
    task, request = call.request.task, call.request
    if task is AssistTask.TRANSLATE and not request.target and call.applies:
        request = replace(request, target=await _choose_target(server, call))
    if task is AssistTask.COMMIT and not request.diff:
        request = replace(request, diff=await staged_diff(server, request.document))
    call = replace(call, request=request)
    answer, stopped = await answer_call(server, call)
    reason, uri = "", ""
    if call.applies and not stopped:
        reason, uri = await _apply(server, call, answer)
        if message := "\n".join(dict.fromkeys(filter(None, (reason, *answer.warnings)))):
            server.client.show_message(types.MessageType.Warning, message)
    result = answer_to_json(server, answer, stopped=stopped)
    result |= {"code": answer.code, "language": answer.language, "reason": reason, "uri": uri}
    result["applied"] = call.applies and not stopped and not reason
    if task in NEW_CODE:
        result["newUri"] = edits.uri_of_new_file(request, answer)
    if answer.edit and request.document:
        result["edit"] = {"range": _range(server, request.document.text, answer.edit), "newText": answer.edit.text}
        result["edit"]["version"] = call.version
    return result


async def _apply(server: CodegeexServer, call: AssistCall, answer: Answer) -> tuple[str, str]:
    """Edit or show. Return (why that failed, or ""; the URI of the document that shows the answer, or "")."""
    task, document = call.request.task, call.request.document
    if task in GIVES_CODE and not answer.code.strip():
        return answer.warnings[0], ""
    if task in REPLACES:
        return await edits.replace_selection(server, call, answer), call.uri
    if task is AssistTask.COMMIT and answer.warnings:  # the user looks at it, and inserts what is right in it
        return answer.warnings[0], await show(server.client, task.value, ".txt", answer.text + "\n")
    if task is AssistTask.COMMIT and document and document.language in COMMIT_MESSAGE_LANGUAGES:
        return await edits.insert_at_start(server, call, answer), call.uri
    if task is AssistTask.EXPLAIN:
        text = "\n\n".join(filter(None, (without_thoughts(answer.text), "\n".join(answer.notices))))
        return "", await show(server.client, task.value, ".md", text + "\n")
    if task is AssistTask.COMMIT:
        return "", await show(server.client, task.value, ".txt", answer.text + "\n")
    uri, reason = await edits.create_file(server.client, call, answer)
    if uri or reason:
        return reason, uri
    suffixes = language_of(answer.language).suffixes
    return "", await show(server.client, task.value, suffixes[0] if suffixes else ".txt", answer.code + "\n")


async def _choose_target(server: CodegeexServer, call: AssistCall) -> str:
    """Let the user choose a language. Return its id, "" for none."""
    document = call.request.document
    here = language_of(document.language, document.path).name if document else ""
    names = [name for name in map(_name_of, TARGETS) if name != here]
    chosen = await server.client.choose(sentence("choose_target", call.request.words), names)
    return language_of(chosen).id if chosen else ""


def _name_of(language_id: str) -> str:
    return language_of(language_id).name


def _range(server: CodegeexServer, text: str, edit: Edit) -> dict[str, Any]:
    """Return the range of an edit in the text it was made for, in the client's units."""
    codec = UnitsCodec(server.workspace.position_encoding)
    document = EditorDocument("", source=text, position_codec=codec)
    start, end = (document.client_position_at_offset(offset) for offset in (edit.start, edit.end))
    return range_to_json(types.Range(start, end))
