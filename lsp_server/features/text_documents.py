"""`textDocument/didOpen`, `didChange`, `didSave` and `didClose`. pygls itself keeps the text."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.server import CodegeexServer


def register(server: CodegeexServer) -> None:
    session = server.session

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        """Index the document and what it imports before the rest of a folder that is not indexed yet."""
        document = params.text_document
        session.documents.text_changed(document.uri)
        if place := server.workspace.locate(document.uri):
            session.opened(place, document.language_id, document.text)
        session.next_edits.opened(document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        if not server.workspace.is_open(uri):
            return
        session.documents.text_changed(uri)
        session.completions.rhythm.note_key()
        session.next_edits.changed(uri)
        if place := server.workspace.locate(uri):
            for change in params.content_changes:
                if isinstance(change, types.TextDocumentContentChangePartial):
                    first = change.range.start.line
                    session.edits.add(place, first, first + change.text.count("\n") + 1)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        session.folders.files_changed([server.workspace.locate(params.text_document.uri)])

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        session.close_document(uri)
        session.folders.closed(server.workspace.locate(uri))
