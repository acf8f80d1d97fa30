"""`textDocument/codeAction`: the tasks that fit the selection, as commands.

Without a selection they are about the declaration around the cursor. The model is not asked before one is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.workspace import TextDocument

from engine.assist.refusal import refusal
from engine.assist.tasks import AssistRequest, AssistTask
from engine.document import Cursor, Document
from engine.postprocess.comments import ends_comment
from engine.prompt.system_prompts import HumanLanguage
from lsp_server.features.assist.declaration import declarations_in, innermost
from lsp_server.features.assist.ranges import range_to_json
from lsp_server.features.assist.staged import COMMIT_MESSAGE_LANGUAGES
from lsp_server.features.assist.titles import COMMANDS, GENERATE, generate_title, title_of
from lsp_server.features.next_edit import NEXT_EDIT
from lsp_server.server import CodegeexServer

REWRITE, QUICK_FIX, SOURCE = "refactor.rewrite.codegeex", "quickfix", "source.codegeex"
# Tasks that need more than a place (a question, an instruction) are left to clients.
KINDS = {
    AssistTask.COMMENT: f"{REWRITE}.comment",
    AssistTask.DOCUMENT: f"{REWRITE}.document",
    AssistTask.TRANSLATE: f"{REWRITE}.translate",
    AssistTask.EXPLAIN: f"{SOURCE}.explain",
    AssistTask.TESTS: f"{SOURCE}.tests",
}
GENERATE_KIND = f"{REWRITE}.generate"
NEXT_EDIT_KIND = f"{REWRITE}.nextEdit"
NEXT_EDIT_TITLES = {"en": "Apply next edit", "zh": "应用下一处修改"}
COMMIT_KIND = f"{SOURCE}.commitMessage"
MAX_FIXES = 5
MAX_SHOWN_CHARS = 60  # of a diagnostic


@dataclass(frozen=True)
class _Possible:
    """A task that fits a place."""

    task: AssistTask
    kind: str  # of code action
    argument: dict[str, Any]  # of its command
    diagnostic: types.Diagnostic | None = None  # that it fixes


def register(server: CodegeexServer) -> None:
    kinds = [QUICK_FIX, *KINDS.values(), GENERATE_KIND, NEXT_EDIT_KIND, COMMIT_KIND]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        if not server.session.settings.enable or not server.workspace.is_open(uri):
            return []
        words = server.client.language
        document = server.workspace.get_text_document(uri)
        if document.language_id in COMMIT_MESSAGE_LANGUAGES:
            return _actions(server, params, [_Possible(AssistTask.COMMIT, COMMIT_KIND, {"uri": uri})], words)
        declarations = declarations_in(document)
        found: list[_Possible] = []
        for diagnostic in params.context.diagnostics[:MAX_FIXES]:
            around = innermost(declarations, diagnostic.range) or diagnostic.range
            problem = {"message": diagnostic.message, "range": range_to_json(diagnostic.range)}
            argument: dict[str, Any] = {"uri": uri, "range": range_to_json(around), "diagnostic": problem}
            found.append(_Possible(AssistTask.FIX, QUICK_FIX, argument, diagnostic))
        selected = params.range if params.range.start != params.range.end else innermost(declarations, params.range)
        if selected is not None:
            argument = {"uri": uri, "range": range_to_json(selected)}
            found += [_Possible(task, kind, argument) for task, kind in KINDS.items()]
        generated = _generate(params, document, words)
        return [*_next_edit(server, params), *generated, *_actions(server, params, found, words)]


def _generate(params: types.CodeActionParams, document: TextDocument, words: HumanLanguage) -> list[types.CodeAction]:
    """Return the action that generates code, if a comment ends at the cursor. It needs no model that converses."""
    wanted, at = params.context.only, params.range.end
    if wanted is not None and not any(only == GENERATE_KIND or GENERATE_KIND.startswith(f"{only}.") for only in wanted):
        return []
    snapshot = Document(document.path or "", document.language_id or "", document.source)
    cursor = Cursor(snapshot, document.offset_at_position(at))
    if cursor.line_after.strip() or not ends_comment(cursor):
        return []
    title, argument = generate_title(words), {"uri": params.text_document.uri, "range": range_to_json(params.range)}
    return [
        types.CodeAction(title=title, kind=GENERATE_KIND, command=types.Command(title, GENERATE, arguments=[argument]))
    ]


def _next_edit(server: CodegeexServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Return the action that makes the next edit, if one has been found already."""
    only = params.context.only
    if only is not None and not any(each == NEXT_EDIT_KIND or NEXT_EDIT_KIND.startswith(f"{each}.") for each in only):
        return []
    edit = server.session.next_edits.ready(params.text_document.uri)
    if edit is None:
        return []
    title = f"{NEXT_EDIT_TITLES[server.client.language]}: {edit.proposal.reason}"
    command = types.Command(title, NEXT_EDIT, arguments=[{"id": edit.id}])
    return [types.CodeAction(title=title, kind=NEXT_EDIT_KIND, command=command)]


def _actions(
    server: CodegeexServer,
    params: types.CodeActionParams,
    found: list[_Possible],
    words: HumanLanguage,
) -> list[types.CodeAction]:
    """Return the actions of the wanted kinds. What the model cannot do is greyed out with the reason, or left out."""
    description = server.session.worker.description("chat")
    actions = []
    for each in found:
        kind, diagnostic, wanted = each.kind, each.diagnostic, params.context.only
        if wanted is not None and not any(kind == only or kind.startswith(f"{only}.") for only in wanted):
            continue
        reason = refusal(AssistRequest(each.task, words), description) if description else ""
        if reason and not server.client.can.shows_disabled_actions:
            continue
        title = title_of(each.task, words)
        if diagnostic:
            title += f": {diagnostic.message.partition(chr(10))[0][:MAX_SHOWN_CHARS]}"
        actions.append(
            types.CodeAction(
                title=title,
                kind=kind,
                diagnostics=[diagnostic] if diagnostic else None,
                disabled=types.CodeActionDisabled(reason) if reason else None,
                command=None if reason else types.Command(title, COMMANDS[each.task], arguments=[each.argument]),
            )
        )
    return actions
