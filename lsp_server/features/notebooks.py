"""`notebookDocument/didChange`, `didSave` and `didClose`. pygls itself keeps the cells, each a text document."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.server import CodegeexServer


def register(server: CodegeexServer) -> None:
    session = server.session

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeNotebookDocumentParams) -> None:
        """Note a change of all cells: each stands above or below the one that has changed."""
        session.completions.rhythm.note_key()
        if book := server.workspace.get_notebook_document(notebook_uri=params.notebook_document.uri):
            for cell in book.cells:
                session.documents.text_changed(cell.document)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveNotebookDocumentParams) -> None:
        session.folders.files_changed([server.workspace.locate(params.notebook_document.uri)])

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseNotebookDocumentParams) -> None:
        for cell in params.cell_text_documents:
            session.close_document(cell.uri)
        session.folders.closed(server.workspace.locate(params.notebook_document.uri))
