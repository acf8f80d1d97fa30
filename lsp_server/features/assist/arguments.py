"""The arguments of a call, from plain JSON to the engine's request: checked, with the document as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.workspace import TextDocument

from engine.assist.tasks import AssistRequest, AssistTask
from engine.assist.wording import LATIN_WORD, language_of_question, sentence, without_code
from engine.prompt.chat import Turn
from engine.prompt.system_prompts import HumanLanguage
from engine.text import line_of
from lsp_server.features.assist.declaration import declarations_in, innermost
from lsp_server.server import CodegeexServer


@dataclass(frozen=True)
class AssistCall:
    """A request for the engine, and what the client wants besides."""

    request: AssistRequest
    uri: str = ""  # of the document it is about, as the client names it
    version: int | None = None  # of that document
    applies: bool = True  # edits are carried out here, not by the client
    conversation: str = ""  # id
    work_done_token: types.ProgressToken | None = None
    partial_token: types.ProgressToken | None = None


def read_call(server: CodegeexServer, task: AssistTask, raw: Any) -> AssistCall:
    """Return a call with its document as it is now: call this before the first await. Raises `JsonRpcInvalidParams`."""
    raw = {} if raw is None else raw
    if not isinstance(raw, Mapping):
        raise invalid("the argument must be an object")
    uri = _text(raw, "uri") or _text(_object(raw, "textDocument"), "uri")
    question = _text(raw, "question") or _text(raw, "instruction") or _text(_object(raw, "diagnostic"), "message")
    document, selection = None, None
    if uri:
        if not server.workspace.is_open(uri):
            raise invalid(f"{uri} is not open")
        edited = server.workspace.get_text_document(uri)
        document = server.workspace.snapshot(edited)
        if raw.get("range") is not None:
            selection = _selection(edited, *read_range(raw["range"]), is_question=task is AssistTask.ASK)
    others = tuple(
        server.workspace.snapshot(other)
        for other in reversed(list(server.workspace.text_documents.values()))
        if document is None or other.uri != server.workspace.get_text_document(uri).uri
    )
    conversation = ""
    history: tuple[Turn, ...] = ()
    if task is AssistTask.ASK:
        conversation, history = server.session.conversations.open(_text(raw, "conversationId"))
        if raw.get("history") is not None:
            history = _history(raw["history"])
            server.session.conversations.restore(conversation, history)
    words = _answer_language(server, raw, question)
    diagnostic = _object(raw, "diagnostic")
    if document and diagnostic.get("range") is not None:
        first = line_of(document.text, selection[0]) if selection else 0
        line = read_range(diagnostic["range"])[0].line - first + 1  # of the code that the model is shown
        question = sentence("at_line", words, line=line, message=question)
    request = AssistRequest(
        task,
        words,
        question,
        document,
        selection,
        others,
        history,
        _text(raw, "target"),
        _text(raw, "diff"),
        bool(raw.get("context", True)),
        tuple(server.workspace.roots),
        server.session.settings.excluded,
    )
    return AssistCall(
        request,
        uri,
        server.workspace.get_text_document(uri).version if uri else None,
        bool(raw.get("apply", True)),
        conversation,
        _token(raw, "workDoneToken"),
        _token(raw, "partialResultToken"),
    )


def _selection(
    document: TextDocument, start: types.Position, end: types.Position, *, is_question: bool
) -> tuple[int, int] | None:
    """Return the offsets of the selection; None for the whole document.

    A bare cursor stands for the declaration around it, if there is one; in a question it stands for nothing.
    """
    if start == end and not is_question and (around := innermost(declarations_in(document), types.Range(start, end))):
        start, end = around.start, around.end
    first, last = sorted((document.offset_at_position(start), document.offset_at_position(end)))
    return (first, last) if first < last else None


def _answer_language(server: CodegeexServer, raw: Mapping[str, Any], question: str) -> HumanLanguage:
    """Return the language to answer in: the requested one, else that of the question, else the editor's."""
    requested = _text(raw, "words")
    if requested:
        if requested not in {"en", "zh"}:
            raise invalid(f'words must be "en" or "zh", not {requested!r}')
        return "zh" if requested == "zh" else "en"
    if "diagnostic" in raw:
        return server.client.language  # a compiler's language is not the user's
    prose = without_code(question)
    is_prose = LATIN_WORD.search(prose) or language_of_question(prose) == "zh"
    return language_of_question(question) if is_prose else server.client.language


def _history(raw: Any) -> tuple[Turn, ...]:
    """Return the questions and answers that a client kept, in turn."""
    if not isinstance(raw, list):
        raise invalid("history must be a list")
    turns = []
    for position, entry in enumerate(raw):
        role: Any = ("user", "assistant")[position % 2]
        if not isinstance(entry, Mapping) or entry.get("role") != role or not isinstance(entry.get("text"), str):
            raise invalid("history must be questions and answers in turn: {role: user|assistant, text}")
        turns.append(Turn(role, entry["text"]))
    if len(turns) % 2:
        raise invalid("history must end with an answer")
    return tuple(turns)


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{key} must be a string, not {value!r}"[:200])
    return value or ""


def _object(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key) or {}
    if not isinstance(value, Mapping):
        raise invalid(f"{key} must be an object")
    return value


def _token(raw: Mapping[str, Any], key: str) -> types.ProgressToken | None:
    value = raw.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise invalid(f"{key} must be a string or a number")
    return value


def read_range(raw: Any) -> tuple[types.Position, types.Position]:
    try:
        ends = [types.Position(int(raw[end]["line"]), int(raw[end]["character"])) for end in ("start", "end")]
    except (KeyError, OverflowError, TypeError, ValueError):
        raise invalid("range must be an LSP range: {start: {line, character}, end: {line, character}}") from None
    if any(number < 0 for end in ends for number in (end.line, end.character)):
        raise invalid("a range's lines and characters must not be negative")
    return ends[0], ends[1]


def invalid(message: str) -> JsonRpcInvalidParams:
    return JsonRpcInvalidParams(message)
