"""`workspace/executeCommand`: each task for an editor that has nothing but its LSP client, one argument object each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from lsprotocol import types

from engine.assist.answers import message_in
from engine.assist.tasks import GIVES_CODE, NEW_CODE, REPLACES, Answer, AssistTask, Edit
from engine.languages import language_of
from lsp_server.features.assist import edits
from lsp_server.features.assist.answering import answer, as_json
from lsp_server.features.assist.arguments import Asked, read
from lsp_server.features.assist.ask import ask_question
from lsp_server.features.assist.ranges import range_to_json
from lsp_server.features.assist.showing import show
from lsp_server.features.assist.staged import COMMIT_MESSAGE_LANGUAGES, staged_diff
from lsp_server.features.assist.titles import COMMANDS, sentence
from lsp_server.protocol import work_done_token
from lsp_server.server import CodegeexServer
from lsp_server.workspace.documents import EditorDocument, LineEndCodec

# What is offered where nobody said which; any other can be named.
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
        return await _carry_out(server, read(server, task, raw))

    return run


async def _ask(server: CodegeexServer, raw: Any) -> dict[str, Any]:
    told = await ask_question(server, raw)
    if isinstance(raw, dict) and raw.get("apply", True):
        sources = [f"- {source['path']}:{source['range']['start']['line'] + 1}" for source in told["sources"]]
        parts = [told["text"], "\n".join(sources) if told["converses"] else "", "\n".join(told["notices"])]
        told["uri"] = await show(server.client, "ask", ".md", "\n\n".join(filter(None, parts)) + "\n")
    return told


async def _carry_out(server: CodegeexServer, asked: Asked) -> dict[str, Any]:
    """Asks, and does with the answer what the task is for, unless the client wants to do that itself."""
    task, request = asked.request.task, asked.request
    if task is AssistTask.TRANSLATE and not request.target and asked.applies:
        request = replace(request, target=await _chosen_target(server, asked))
    if task is AssistTask.COMMIT and not request.diff:
        request = replace(request, diff=await staged_diff(server, request.document))
    asked = replace(asked, request=request)
    what, stopped = await answer(server, asked)
    reason, uri = "", ""
    if asked.applies and not stopped:
        reason, uri = await _applied(server, asked, what)
        if message := "\n".join(dict.fromkeys(filter(None, (reason, *what.warnings)))):
            server.client.show_message(types.MessageType.Warning, message)
    told = as_json(server, what, stopped=stopped)
    told |= {"code": what.code, "language": what.language, "reason": reason, "uri": uri}
    told["applied"] = asked.applies and not stopped and not reason
    if task in NEW_CODE:
        told["newUri"] = edits.uri_of_new_file(request, what)
    if what.edit and request.document:
        told["edit"] = {"range": _range(server, request.document.text, what.edit), "newText": what.edit.text}
        told["edit"]["version"] = asked.version
    return told


async def _applied(server: CodegeexServer, asked: Asked, what: Answer) -> tuple[str, str]:
    """(why it was not done, or "", the URI of what now shows the answer, or "")."""
    task, document = asked.request.task, asked.request.document
    if task in GIVES_CODE and not what.code.strip():
        return what.warnings[0], ""
    if task in REPLACES:
        return await edits.replace_selection(server, asked, what), asked.uri
    if task is AssistTask.COMMIT and document and document.language in COMMIT_MESSAGE_LANGUAGES:
        return await edits.insert_at_start(server, asked, what), asked.uri
    if task in {AssistTask.EXPLAIN, AssistTask.COMMIT}:
        notices = "\n".join(what.notices)
        text = "\n\n".join(filter(None, (what.text, notices))) if task is AssistTask.EXPLAIN else message_in(what.text)
        return "", await show(server.client, task.value, ".md" if task is AssistTask.EXPLAIN else ".txt", text + "\n")
    uri, reason = await edits.create_file(server.client, asked, what)
    if uri or reason:
        return reason, uri
    suffixes = language_of(what.language).suffixes
    return "", await show(server.client, task.value, suffixes[0] if suffixes else ".txt", what.code + "\n")


async def _chosen_target(server: CodegeexServer, asked: Asked) -> str:
    """Asks the person; "" where they choose nothing."""
    document = asked.request.document
    here = language_of(document.language, document.path).name if document else ""
    names = [name for name in map(_name, TARGETS) if name != here]
    chosen = await server.client.choose(sentence("choose_target", asked.request.words), names)
    return language_of(chosen).id if chosen else ""


def _name(language_id: str) -> str:
    return language_of(language_id).name


def _range(server: CodegeexServer, text: str, edit: Edit) -> dict[str, Any]:
    """Where an edit goes, in the client's units, in the text it was made for."""
    codec = LineEndCodec(server.workspace.position_encoding)
    document = EditorDocument("", source=text, position_codec=codec)
    start, end = (document.client_position_at_offset(offset) for offset in (edit.start, edit.end))
    return range_to_json(types.Range(start, end))
