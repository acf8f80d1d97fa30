"""The template for LSP4IJ, and the server as LSP4IJ 0.20 uses it: always Automatic, by ranges, without commands."""

from __future__ import annotations

import json
from pathlib import Path

from lsprotocol import types

from engine.languages import language_of
from tests.lsp_server.editor import Window, window
from tests.scripted import ScriptedModel

TEMPLATE = Path(__file__).parents[2] / "clients/jetbrains/lsp4ij"


async def insert_suggestion(editor: Window, at: types.Position) -> str:
    """Ask, and put the item's text in the place of its range; its command is not run."""
    items = (await editor.ask(at)).items
    assert len(items) == 1
    start, end = ((each.line, each.character) for each in (items[0].range.start, items[0].range.end))
    editor.change(start, end, items[0].insert_text)
    return str(items[0].insert_text)


async def test_a_suggestion_is_inserted_by_its_range_and_the_next_one_follows() -> None:
    model = ScriptedModel("a + b")
    async with window(model) as editor:
        at = editor.open("def add(a, b):\n    return <cursor>\n")
        assert await insert_suggestion(editor, at) == "a + b"
        editor.change((1, 16), (1, 16), "\n")
        await editor.ask(types.Position(2, 0))
        assert "    return a + b\n" in model.prompts[-1]


async def test_the_client_answers_configuration_with_the_settings_of_the_template() -> None:
    assert json.loads((TEMPLATE / "settings.json").read_text()) == {}
    capabilities = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(configuration=True))
    async with window(ScriptedModel("b)"), capabilities=capabilities) as editor:
        editor.client.feature(types.WORKSPACE_CONFIGURATION)(lambda params: [{} for _ in params.items])
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings={}))
        assert await editor.suggestion(editor.open("def add(a, b):\n    return sum(a, <cursor>\n")) == "b)"


def test_the_template_maps_files_to_languages_that_the_server_knows() -> None:
    template = json.loads((TEMPLATE / "template.json").read_text(encoding="utf-8"))
    patterns = [pattern for each in template["fileTypeMappings"] for pattern in each["fileType"]["patterns"]]
    assert len(patterns) == len(set(patterns))
    for each in template["fileTypeMappings"]:
        assert language_of(each["languageId"]).suffixes, each["languageId"]
