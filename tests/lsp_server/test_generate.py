from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp_server.editor import URI, Window, window
from tests.scripted import ScriptedModel

AREA = "def area(r):\n    # the area of a circle<cursor>\n"


async def from_comment(editor: Window, at: types.Position) -> list[str]:
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked)
    params = types.InlineCompletionParams(context, types.TextDocumentIdentifier(URI), at)
    converter = editor.client.protocol._converter
    plain = converter.get_unstructure_hook(types.InlineCompletionParams)
    converter.register_unstructure_hook(
        types.InlineCompletionParams, lambda params: plain(params) | {"codegeex": {"mode": "comment"}}
    )
    answer = await editor.client.text_document_inline_completion_async(params)
    return [item.insert_text for item in answer.items]


async def generate(editor: Window, at: types.Position, **more: Any) -> Any:
    argument = {"uri": URI, "range": {"start": vars_of(at), "end": vars_of(at)}, **more}
    return await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams("codegeex.generate", [argument])
    )


def vars_of(at: types.Position) -> dict[str, int]:
    return {"line": at.line, "character": at.character}


@pytest.mark.parametrize(
    ("source", "language", "below"),
    [
        (AREA, "python", "\n    "),
        ('def area(r):\n    """Return the area."""<cursor>\n', "python", "\n    "),
        ("func area() {\n\t// the area<cursor>\n}\n", "go", "\n\t"),
        ("/* the area */<cursor>\n", "cpp", "\n"),
        ("  /** The area. */<cursor>\n", "java", "\n  "),
        ("  // the area<cursor>\n", "javascript", "\n  "),
        ("  /** The area. */<cursor>\n", "typescript", "\n  "),
        ("  /// The area.<cursor>\n", "rust", "\n  "),
        ("  // the area<cursor>\r\n", "csharp", "\r\n  "),
        ("  /**\n   * The area.\n   */<cursor>\n", "java", "\n  "),
        ("def area(r):\n    pi = 3  # then the area<cursor>\n", "python", "\n    "),
        ("if ready:  # draw the area<cursor>\n", "python", "\n    "),
        ("  if (ready) { // draw the area<cursor>\r\n", "java", "\r\n    "),
        ("  pi := 3 // then the area<cursor>\n", "go", "\n  "),
    ],
)
async def test_code_is_generated_below_a_comment(source: str, language: str, below: str) -> None:
    model = ScriptedModel("return r * r")
    async with window(model) as editor:
        at = editor.open(source, language=language)
        assert (await from_comment(editor, at))[:1] == [f"{below}return r * r"]
        assert "###MODE:BLOCK" in model.prompts[-1]


@pytest.mark.parametrize(
    "source",
    [
        "x = 1<cursor>\n",
        "# half <cursor>of it\n",
        "<cursor>\n",
        "url = 'http://x/#top'<cursor>\n",
        'def area(r):\n    """<cursor>\n',
        'help = """\n# not a comment<cursor>\n"""\n',
    ],
)
async def test_without_a_comment_at_the_cursor_nothing_is_generated(source: str) -> None:
    async with window(ScriptedModel("return 1")) as editor:
        at = editor.open(source)
        assert await from_comment(editor, at) == []


async def test_code_is_generated_in_a_notebooks_cell_and_by_a_model_that_does_not_infill() -> None:
    model = ScriptedModel("return r * r")
    model.description = replace(model.description, capabilities=frozenset({"complete"}))
    async with window(model) as editor:
        cell = types.TextDocumentItem(URI, "python", 0, "def area(r):\n    # the area of a circle")
        other = types.TextDocumentItem(f"{URI}#2", "python", 0, "area(2)")
        order = [types.NotebookCell(types.NotebookCellKind.Code, each.uri) for each in (cell, other)]
        notebook = types.NotebookDocument("file:///areas.ipynb", "jupyter-notebook", 0, order)
        opened = types.DidOpenNotebookDocumentParams(notebook, [cell, other])
        editor.client.notebook_document_did_open(opened)
        assert (await from_comment(editor, types.Position(1, 26)))[:1] == ["\n    return r * r"]


async def test_an_empty_answer_is_no_edit() -> None:
    async with window(ScriptedModel("")) as editor:
        at = editor.open(AREA)
        assert await from_comment(editor, at) == []
        with pytest.raises(Exception, match="suggests nothing"):
            await generate(editor, at)


async def test_the_command_returns_an_edit_that_the_client_may_make_itself() -> None:
    async with window(ScriptedModel("return r * r")) as editor:
        at = editor.open(AREA)
        result = await generate(editor, at, apply=False)
        assert result["edit"]["newText"] == "\n    return r * r"
        assert not result["applied"]


async def test_the_command_makes_the_edit() -> None:
    async with window(ScriptedModel("return r * r")) as editor:
        edits = []

        @editor.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            edits.append(params.edit)
            return types.ApplyWorkspaceEditResult(applied=True)

        at = editor.open(AREA)
        assert (await generate(editor, at))["applied"]
        assert list(edits[0].changes[URI]) == [types.TextEdit(types.Range(at, at), "\n    return r * r")]


@pytest.mark.parametrize("argument", [{}, {"uri": 1}, {"uri": URI}, {"uri": URI, "range": "here"}, []])
async def test_a_wrong_argument_is_refused_in_words(argument: Any) -> None:
    async with window(ScriptedModel()) as editor:
        with pytest.raises(Exception, match=r"range|object"):
            await editor.client.workspace_execute_command_async(
                types.ExecuteCommandParams("codegeex.generate", [argument])
            )


async def test_the_action_is_offered_at_the_end_of_a_comment_only() -> None:
    async with window(ScriptedModel()) as editor:
        at = editor.open(AREA)
        for where, offered in ((at, True), (types.Position(0, 3), False)):
            context = types.CodeActionContext([], only=["refactor.rewrite.codegeex.generate"])
            params = types.CodeActionParams(types.TextDocumentIdentifier(URI), types.Range(where, where), context)
            actions = await editor.client.text_document_code_action_async(params)
            assert [action.title for action in actions] == ["CodeGeeX: Generate from comment"] * offered
