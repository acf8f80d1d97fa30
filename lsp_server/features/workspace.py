"""What tells the index of changes: folders, saves, watched files; and the places a person edits."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from lsprotocol import types

from lsp_server.server import CodegeexServer
from lsp_server.workspace import indexing
from lsp_server.workspace.documents import file_of, is_open, root_of, workspace_roots


def register(server: CodegeexServer) -> None:
    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(_params: types.DidChangeWorkspaceFoldersParams) -> None:
        await indexing.begin(server)
        server.session.context_changed()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        if any(not is_open(server.workspace, change.uri) for change in params.changes):
            server.session.context_changed()
        _tell(server, [change.uri for change in params.changes])

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        """What a person looks at, and its imports, come before the rest of a folder that is not indexed yet."""
        document = params.text_document
        server.session.text_changed(document.uri)
        root, path = _place(server, document.uri)
        if root and (index := server.session.indexes.get(root)):
            index.opened(path, document.language_id, document.text)
            server.session.worker.catch_up(index)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        _tell(server, [params.text_document.uri])

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.session.closed(params.text_document.uri)
        root, path = _place(server, params.text_document.uri)
        if root and (index := server.session.indexes.get(root)):
            index.closed(path)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def did_change_notebook(params: types.DidChangeNotebookDocumentParams) -> None:
        """What changes in one cell stands above or below the others."""
        server.session.rhythm.note_key()
        if book := server.workspace.get_notebook_document(notebook_uri=params.notebook_document.uri):
            for cell in book.cells:
                server.session.text_changed(cell.document)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    def did_save_notebook(params: types.DidSaveNotebookDocumentParams) -> None:
        _tell(server, [params.notebook_document.uri])

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def did_close_notebook(params: types.DidCloseNotebookDocumentParams) -> None:
        for cell in params.cell_text_documents:
            server.session.closed(cell.uri)
        root, path = _place(server, params.notebook_document.uri)
        if root and (index := server.session.indexes.get(root)):
            index.closed(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        if not is_open(server.workspace, params.text_document.uri):
            return
        server.session.text_changed(params.text_document.uri)
        server.session.rhythm.note_key()
        root, path = _place(server, params.text_document.uri)
        if root is None:
            return
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                first = change.range.start.line
                server.session.remember_edit(root, path, first, first + change.text.count("\n") + 1)


def _tell(server: CodegeexServer, uris: list[str]) -> None:
    changed: dict[Path, list[str]] = defaultdict(list)
    for uri in uris:
        root, path = _place(server, uri)
        if root:
            changed[root].append(path)
    for root, paths in changed.items():
        indexing.tell(server, root, paths)


def _place(server: CodegeexServer, uri: str) -> tuple[Path | None, str]:
    """(the workspace folder of a file, its path in it), or (None, "")."""
    file = file_of(uri)
    root = root_of(file, workspace_roots(server.workspace))
    return (root, file.relative_to(root).as_posix()) if file and root else (None, "")
