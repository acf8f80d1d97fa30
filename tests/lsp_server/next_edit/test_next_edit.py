from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp_server.editor import URI, Window, window
from tests.scripted import ScriptedModel

TEXT = """def total(prices):
    amount = 0
    for price in prices:
        amount += price
    print(amount)
    return amount
"""
RENAMED = ((1, 4), (1, 10), "total_price")


async def request(editor: Window, method: str, **params: Any) -> Any:
    return await asyncio.wait_for(editor.client.protocol.send_request_async(method, params), 20)


async def next_edits(editor: Window, line: int = 1, version: int | None = 1, uri: str = URI) -> dict[str, Any]:
    where = {"textDocument": {"uri": uri, "version": version}, "position": {"line": line, "character": 4}}
    return as_dict(await request(editor, "codegeex/nextEdit", **where))


def as_dict(answer: Any) -> Any:
    """The JSON of an answer, which pygls reads as named tuples."""
    if hasattr(answer, "_asdict"):
        return {name: as_dict(value) for name, value in answer._asdict().items()}
    return [as_dict(each) for each in answer] if isinstance(answer, list) else answer


async def test_a_renamed_variable_is_renamed_where_it_is_used() -> None:
    async with window(ScriptedModel()) as editor:
        editor.open(TEXT)
        editor.change(*RENAMED)
        answer = await next_edits(editor)
        first = answer["edits"][0]
        assert (first["range"]["start"]["line"], first["kind"]) == (3, "rename")
        assert first["reason"] == "amount became total_price"
        assert "total_price" in first["text"]


async def test_copilots_request_answers_with_its_command() -> None:
    async with window(ScriptedModel()) as editor:
        editor.open(TEXT)
        editor.change(*RENAMED)
        where = {"textDocument": {"uri": URI, "version": 1}, "position": {"line": 1, "character": 4}}
        answer = as_dict(await request(editor, "textDocument/copilotInlineEdit", **where))
        command = answer["edits"][0]["command"]
        assert command["command"] == "github.copilot.didAcceptNextEditSuggestionItem"
        assert answer["edits"][0]["textDocument"] == {"uri": URI, "version": 1}
        editor.client.protocol.notify("textDocument/didShowInlineEdit", {"item": {"command": command}})
        params = types.ExecuteCommandParams(command["command"], arguments=command["arguments"])
        await editor.client.workspace_execute_command_async(params)


async def test_another_version_gets_nothing() -> None:
    async with window(ScriptedModel()) as editor:
        editor.open(TEXT)
        editor.change(*RENAMED)
        assert (await next_edits(editor, version=7))["edits"] == []


async def test_what_was_refused_is_not_proposed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsp_server.next_edit.provider.COOLDOWN_SECONDS", 0.0)
    async with window(ScriptedModel()) as editor:
        editor.open(TEXT)
        editor.change(*RENAMED)
        first = (await next_edits(editor))["edits"][0]
        await request(editor, "notifyNextEditRejected", uuid=first["command"]["arguments"][0], reason="rejected")
        again = (await next_edits(editor))["edits"]
        assert first["range"] not in [each["range"] for each in again]


async def test_nothing_is_proposed_for_a_moment_after_a_refusal() -> None:
    async with window(ScriptedModel()) as editor:
        editor.open(TEXT)
        editor.change(*RENAMED)
        first = (await next_edits(editor))["edits"][0]
        await request(editor, "notifyNextEditRejected", uuid=first["command"]["arguments"][0])
        answer = await next_edits(editor)
        assert (answer["edits"], answer["silence"]) == ([], "a next edit was refused a moment ago")


async def test_the_setting_turns_it_off() -> None:
    async with window(ScriptedModel(), initialization_options={"codegeex": {"nextEdit": {"enable": False}}}) as editor:
        editor.open(TEXT)
        editor.change(*RENAMED)
        assert (await next_edits(editor))["silence"] == "next edits are turned off"


async def test_the_command_makes_the_edit() -> None:
    async with window(ScriptedModel()) as editor:
        applied: list[types.WorkspaceEdit] = []

        @editor.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            applied.append(params.edit)
            return types.ApplyWorkspaceEditResult(applied=True)

        editor.open(TEXT)
        editor.change(*RENAMED)
        params = types.ExecuteCommandParams("codegeex.nextEdit", arguments=[{"uri": URI, "position": {"line": 1}}])
        await editor.client.workspace_execute_command_async(params)
        assert applied[0].changes
        assert applied[0].changes[URI][0].range.start.line == 3


async def test_the_code_action_offers_what_was_found() -> None:
    async with window(ScriptedModel()) as editor:
        editor.open(TEXT)
        editor.change(*RENAMED)
        await next_edits(editor)
        at = types.Range(types.Position(1, 4), types.Position(1, 4))
        params = types.CodeActionParams(types.TextDocumentIdentifier(URI), at, types.CodeActionContext([]))
        actions = await editor.client.text_document_code_action_async(params)
        assert "Apply next edit: amount became total_price" in {action.title for action in actions or []}


async def test_lines_keep_their_ends_and_positions_are_the_clients() -> None:
    async with window(ScriptedModel()) as editor:
        editor.open(TEXT.replace("print(amount)", 'print("😀", amount)').replace("\n", "\r\n"))
        editor.change(*RENAMED)
        edits = (await next_edits(editor))["edits"]
        emoji = next(each for each in edits if each["range"]["start"]["line"] in {3, 4})
        assert "\n" not in emoji["text"].replace("\r\n", "")


async def test_other_files_of_the_folder_are_found(tmp_path: Path) -> None:
    (tmp_path / "cart.py").write_text("from prices import total_of\n\n\ndef pay(cart):\n    return total_of(cart)\n")
    file = tmp_path / "prices.py"
    file.write_text("def total_of(prices):\n    return sum(prices)\n")
    folders = [types.WorkspaceFolder(tmp_path.as_uri(), "shop")]
    async with window(ScriptedModel(), workspace_folders=folders) as editor:
        editor.open(file.read_text(), file.as_uri())
        while not editor.server.session.folders.indexes:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        index = next(iter(editor.server.session.folders.indexes.values()))
        await asyncio.to_thread(index.wait_idle, 30)
        editor.change((0, 4), (0, 12), "sum_of", file.as_uri())
        answer = await next_edits(editor, 0, 1, file.as_uri())
        assert (tmp_path / "cart.py").as_uri() in {each["textDocument"]["uri"] for each in answer["edits"]}, answer
