from __future__ import annotations

from lsprotocol import types

from tests.lsp_server.editor import Window, window
from tests.scripted import ScriptedModel

NOTEBOOK = "file:///project/prices.ipynb"
CODE, MARKUP = types.NotebookCellKind.Code, types.NotebookCellKind.Markup


def open_notebook(editor: Window, *cells: tuple[str, str]) -> list[str]:
    """Opens a notebook of (language, text); the cells' URIs."""
    uris = [f"vscode-notebook-cell:/project/prices.ipynb#W{i}" for i in range(len(cells))]
    kinds = [MARKUP if language == "markdown" else CODE for language, _ in cells]
    editor.client.notebook_document_did_open(
        types.DidOpenNotebookDocumentParams(
            types.NotebookDocument(
                NOTEBOOK, "jupyter-notebook", 0, [types.NotebookCell(*cell) for cell in zip(kinds, uris, strict=True)]
            ),
            [types.TextDocumentItem(uri, cell[0], 0, cell[1]) for uri, cell in zip(uris, cells, strict=True)],
        )
    )
    return uris


async def test_a_cell_is_completed_below_the_code_of_the_cells_above_it() -> None:
    model = ScriptedModel("prices")
    async with window(model) as editor:
        cells = open_notebook(
            editor,
            ("python", "prices = [1, 2]\n"),
            ("markdown", "# the sum"),
            ("python", "total = "),
            ("python", "print(total)"),
        )
        assert await editor.suggestion(types.Position(0, 8), cells[2]) == "prices"
        assert "<|code_prefix|>prices = [1, 2]\n\ntotal = <|code_middle|>" in model.prompts[-1]
        assert "print(total)" not in model.prompts[-1]


async def test_positions_in_a_cell_are_its_own() -> None:
    async with window(ScriptedModel("prices")) as editor:
        cells = open_notebook(editor, ("python", "prices = [1, 2]\n"), ("python", "total = "))
        at = types.Position(0, 8)
        assert (await editor.ask(at, cells[1])).items[0].range == types.Range(at, at)


async def test_a_cell_that_changes_is_completed_as_it_is_now() -> None:
    model = ScriptedModel("prices")
    async with window(model) as editor:
        cells = open_notebook(editor, ("python", "first = 1"), ("python", "total = "))
        where = types.Range(types.Position(0, 0), types.Position(0, 5))
        change = types.TextDocumentContentChangePartial(range=where, text="count")
        contents = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(uri=cells[0], version=1), [change]
        )
        editor.client.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                types.VersionedNotebookDocumentIdentifier(1, NOTEBOOK),
                types.NotebookDocumentChangeEvent(cells=types.NotebookDocumentCellChanges(text_content=[contents])),
            )
        )
        await editor.suggestion(types.Position(0, 8), cells[1])
        assert "count = 1\n\ntotal = <|code_middle|>" in model.prompts[-1]
