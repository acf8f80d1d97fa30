"""Code actions, as the light bulb offers them."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types

from engine.context.outline import outline
from lsp_server.features.assist import declaration
from tests.engine.assist.speaking import ChatModel
from tests.lsp_server.assist.chatting import CAPABLE, URI, Chat, chat
from tests.scripted import ScriptedModel

SOURCE = "import os\n\ndef add(a, b):\n    return a + c\n\nx = 1\n"


async def offered(editor: Chat, start: int, end: int, **context: Any) -> list[dict[str, Any]]:
    where = types.Range(types.Position(start, 0), types.Position(end, 0))
    context.setdefault("diagnostics", [])
    params = types.CodeActionParams(types.TextDocumentIdentifier(URI), where, types.CodeActionContext(**context))
    # lsprotocol reads a code action that has a command as a Command: the JSON itself is looked at.
    editor.client.protocol.get_result_type = lambda _: None
    return list(await editor.request(types.TEXT_DOCUMENT_CODE_ACTION, params))


async def test_a_selection_can_be_commented_translated_explained_and_tested() -> None:
    async with chat(ChatModel("x")) as editor:
        editor.editor.open(SOURCE)
        actions = await offered(editor, 2, 4)
        assert [action["title"] for action in actions] == [
            "CodeGeeX: Add comments",
            "CodeGeeX: Add doc comments",
            "CodeGeeX: Translate to another language",
            "CodeGeeX: Explain",
            "CodeGeeX: Write unit tests",
        ]
        assert actions[0]["kind"] == "refactor.rewrite.codegeex.comment"
        assert actions[0]["command"]["arguments"][0]["uri"] == URI


async def test_without_a_selection_they_are_about_the_declaration_around_the_cursor() -> None:
    async with chat(ChatModel("x")) as editor:
        editor.editor.open(SOURCE)
        (action,) = await offered(editor, 3, 3, only=["refactor.rewrite.codegeex.comment"])
        assert action["command"]["arguments"][0]["range"]["start"] == {"line": 2, "character": 0}
        assert await offered(editor, 5, 5) == []


async def test_a_diagnostic_can_be_fixed() -> None:
    diagnostic = types.Diagnostic(
        types.Range(types.Position(3, 15), types.Position(3, 16)), '"c" is not defined', source="Pyright"
    )
    model = ChatModel("x")
    async with chat(model, locale="zh") as editor:
        editor.editor.open(SOURCE)
        (action,) = await offered(editor, 3, 3, only=["quickfix"], diagnostics=[diagnostic])
        assert action["title"] == 'CodeGeeX: 修复: "c" is not defined'
        argument = action["command"]["arguments"][0]
        assert argument["diagnostic"]["message"] == '"c" is not defined'
        await editor.command("fix", **argument)
        assert '需要修复的问题：第 2 行："c" is not defined' in model.prompts[-1]
        assert (argument["range"]["start"]["line"], argument["range"]["end"]["line"]) == (2, 4)
        assert [each["message"] for each in action["diagnostics"]] == [diagnostic.message]


async def test_a_document_is_outlined_once_for_all_its_diagnostics(monkeypatch: pytest.MonkeyPatch) -> None:
    outlined: list[str] = []

    def counted(language: str, text: str) -> object:
        outlined.append(text)
        return outline(language, text)

    monkeypatch.setattr(declaration, "outline", counted)
    where = types.Range(types.Position(3, 15), types.Position(3, 16))
    async with chat(ChatModel("x")) as editor:
        editor.editor.open(SOURCE)
        actions = await offered(editor, 3, 3, diagnostics=[types.Diagnostic(where, "wrong")] * 3)
        assert (len(actions), len(outlined)) == (8, 1)


async def test_what_the_model_cannot_do_is_greyed_out_or_left_out() -> None:
    async with chat(ScriptedModel()) as editor:
        at = editor.editor.open(SOURCE)
        await editor.editor.suggestion(at)  # the model is there
        actions = await offered(editor, 2, 4)
        assert len(actions) == 5
        assert all(
            "scripted cannot do this" in action["disabled"]["reason"] and "command" not in action for action in actions
        )
    plain = types.ClientCapabilities(workspace=CAPABLE.workspace)
    async with chat(ScriptedModel(), capabilities=plain) as editor:
        at = editor.editor.open(SOURCE)
        await editor.editor.suggestion(at)
        assert await offered(editor, 2, 4) == []
