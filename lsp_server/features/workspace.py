"""`workspace/didChangeWorkspaceFolders` and `workspace/didChangeWatchedFiles`."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.server import CodegeexServer


def register(server: CodegeexServer) -> None:
    session = server.session

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.workspace.change_folders(params.event)
        await session.follow_folders(server.workspace.roots)
        session.documents.context_changed()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        uris = [change.uri for change in params.changes]
        if not all(map(server.workspace.is_open, uris)):
            session.documents.context_changed()
        session.folders.files_changed(map(server.workspace.locate, uris))
