"""A notebook's cell, seen below the code of the cells above it: what they define is what it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lsprotocol import types
from pygls.workspace import TextDocument, Workspace

from engine.types import Document
from lsp_server.documents import file_of, root_of

SYNC = types.NotebookDocumentSyncOptions([types.NotebookDocumentFilterWithNotebook(notebook="*")])


def below_its_cells(
    workspace: Workspace, cell: TextDocument, document: Document, offset: int, roots: Sequence[Path]
) -> tuple[Document, int]:
    """`document` and `offset`, a snapshot of `cell`, with the cells of its language above; as they are elsewhere."""
    notebook = workspace.get_notebook_document(cell_uri=cell.uri)
    if notebook is None:
        return document, offset
    above = ""
    for each in notebook.cells:
        if each.document == cell.uri:
            break
        text = workspace.get_text_document(each.document)
        if text.language_id == cell.language_id and text.source.strip():
            above += text.source.rstrip() + "\n\n"
    root = root_of(file_of(notebook.uri), roots)
    return replace(document, text=above + document.text, root=root), len(above) + offset
