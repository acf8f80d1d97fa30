"""The indexes of the workspace folders: when they begin, how they learn of changes, what the client is shown."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from lsp_server.workspace.watcher import Watcher
from tests.lsp_server.editor import Window, window
from tests.scripted import CURSOR, ScriptedModel

PAINT = "def paint(wheels, colour):\n    return wheels.coat(colour)\n"
SOURCE = f"painted = paint({CURSOR}\n"
SECONDS = 60.0


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def folder(path: Path) -> list[types.WorkspaceFolder]:
    path.mkdir(exist_ok=True)
    return [types.WorkspaceFolder(path.as_uri(), path.name)]


async def indexed(opened: Window) -> None:
    """Wait until the server has its indexes, and they are up to date."""
    while not opened.server.session.folders.indexes:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.01)
    for index in opened.server.session.folders.indexes.values():
        assert await asyncio.to_thread(index.wait_idle, SECONDS)


async def test_files_that_are_not_open_are_context(tmp_path: Path) -> None:
    model = ScriptedModel("wheels)")
    async with window(model, workspace_folders=folder(tmp_path / "work")) as opened:
        (tmp_path / "work" / "paint.py").write_text(PAINT)
        await indexed(opened)
        uri = (tmp_path / "work" / "main.py").as_uri()
        at = opened.open(SOURCE, uri)
        opened.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier((tmp_path / "work" / "paint.py").as_uri()))
        )
        assert await opened.suggestion(at, uri) == "wheels)"
    assert "def paint(wheels, colour):" in model.prompts[-1]


async def test_a_file_that_the_client_reports_as_deleted_is_no_context(tmp_path: Path) -> None:
    model, work = ScriptedModel("wheels)"), tmp_path / "work"
    folders = folder(work)
    (work / "paint.py").write_text(PAINT)
    async with window(model, workspace_folders=folders) as opened:
        await indexed(opened)
        (work / "paint.py").unlink()
        gone = types.FileEvent((work / "paint.py").as_uri(), types.FileChangeType.Deleted)
        opened.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([gone]))
        at = opened.open(SOURCE, (work / "main.py").as_uri())
        await opened.suggestion(at, (work / "main.py").as_uri())
    assert "colour" not in model.prompts[-1]


async def test_folders_come_and_go(tmp_path: Path) -> None:
    async with window(ScriptedModel("x"), workspace_folders=folder(tmp_path / "one")) as opened:
        await indexed(opened)
        added, removed = folder(tmp_path / "two"), folder(tmp_path / "one")
        opened.client.workspace_did_change_workspace_folders(
            types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent(added, removed))
        )
        while set(opened.server.session.folders.indexes) != {tmp_path / "two"}:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)


async def test_a_client_that_can_watch_files_is_asked_to(tmp_path: Path) -> None:
    capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
        )
    )
    requested: asyncio.Future[types.RegistrationParams] = asyncio.get_running_loop().create_future()
    async with window(ScriptedModel("x"), initialize=False) as opened:
        opened.client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: requested.set_result(params))
        await opened.client.initialize_async(
            types.InitializeParams(capabilities=capabilities, workspace_folders=folder(tmp_path / "work"))
        )
        opened.client.initialized(types.InitializedParams())
        registered = await asyncio.wait_for(requested, SECONDS)
        assert registered.registrations[0].method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        assert not opened.server.session.folders.is_watching


async def test_progress_is_shown_where_the_client_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsp_server.workspace.index_progress.MIN_SHOWN_FILES", 1)
    folders = folder(tmp_path / "work")
    (tmp_path / "work" / "paint.py").write_text(PAINT)
    capabilities = types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=True))
    kinds: list[str] = []
    ended = asyncio.Event()
    async with window(ScriptedModel("x"), initialize=False) as opened:
        opened.client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)(lambda _params: None)

        @opened.client.feature(types.PROGRESS)
        def on_progress(params: types.ProgressParams) -> None:
            kinds.append(params.value["kind"] if isinstance(params.value, dict) else params.value.kind)
            if kinds[-1] == "end":
                ended.set()

        await opened.client.initialize_async(
            types.InitializeParams(capabilities=capabilities, workspace_folders=folders)
        )
        opened.client.initialized(types.InitializedParams())
        await asyncio.wait_for(ended.wait(), SECONDS)
    assert kinds == ["begin", "end"]


async def test_the_receipt_of_a_suggestion(tmp_path: Path) -> None:
    received: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    options = {"codegeex": {"context": {"receipts": True}}}
    async with window(ScriptedModel("wheels)"), initialization_options=options) as opened:
        opened.client.feature("codegeex/contextReceipt")(lambda params: received.set_result(params))
        opened.open(PAINT, "file:///project/paint.py")
        await opened.suggestion(opened.open(SOURCE))
        receipt = await asyncio.wait_for(received, SECONDS)
    assert receipt["snippets"][0]["path"] == "paint.py"
    assert receipt["snippets"][0]["tokens"] > 0


async def test_the_places_edited_last_are_remembered(tmp_path: Path) -> None:
    work = tmp_path / "work"
    async with window(ScriptedModel("x"), workspace_folders=folder(work)) as opened:
        uri = (work / "main.py").as_uri()
        opened.open("a\nb\nc\n", uri)
        opened.change((1, 0), (1, 0), "x\ny", uri)
        await opened.suggestion(types.Position(0, 1), uri)
        assert opened.server.session.edits.of_folder(work, without="other.py") == (("main.py", ((1, 3),)),)
        assert opened.server.session.edits.of_folder(work, without="main.py") == ()


def test_the_watcher_reports_files_that_change(tmp_path: Path) -> None:
    import threading

    reported = threading.Event()
    seen: set[str] = set()

    def on_change(_root: Path, paths: list[str] | None) -> None:
        seen.update(paths or ())
        if "a.py" in seen:
            reported.set()

    watcher = Watcher(on_change)
    assert watcher.watch(tmp_path) == ""
    (tmp_path / "a.py").write_text(PAINT)
    assert reported.wait(SECONDS)
    watcher.stop()
    assert "it does not exist" in watcher.watch(tmp_path / "no such folder")


def cells(uri: str, *sources: str) -> list[types.TextDocumentItem]:
    return [types.TextDocumentItem(f"{uri}#{n}", "python", 0, source) for n, source in enumerate(sources)]


def open_notebook(opened: Window, uri: str, *sources: str) -> None:
    documents = cells(uri.replace("file:", "vscode-notebook-cell:"), *sources)
    order = [types.NotebookCell(types.NotebookCellKind.Code, document.uri) for document in documents]
    notebook = types.NotebookDocument(uri, "jupyter-notebook", 0, order)
    opened.client.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, documents))


async def test_the_cells_above_are_the_prefix_and_those_below_the_suffix(tmp_path: Path) -> None:
    model, uri = ScriptedModel("wheels)"), (tmp_path / "work" / "a.ipynb").as_uri()
    capabilities = types.ClientCapabilities(
        notebook_document=types.NotebookDocumentClientCapabilities(types.NotebookDocumentSyncClientCapabilities())
    )
    folders = folder(tmp_path / "work")
    async with window(model, workspace_folders=folders, capabilities=capabilities) as opened:
        assert opened.capabilities.notebook_document_sync
        open_notebook(opened, uri, "wheels = 4\n", "painted = paint(", "\ndone()")
        cell = uri.replace("file:", "vscode-notebook-cell:") + "#1"
        assert await opened.suggestion(types.Position(0, 16), cell) == "wheels)"
    before, _, after = model.prompts[-1].partition("<|code_middle|>")
    assert "wheels = 4\n\npainted = paint(" in before
    assert "done()" in before + after
    assert "a.ipynb" in before


async def test_an_open_notebook_is_context_and_its_file_when_it_is_closed(tmp_path: Path) -> None:
    model, folders = ScriptedModel("wheels)"), folder(tmp_path / "work")
    uri = (tmp_path / "work" / "a.ipynb").as_uri()
    async with window(model, workspace_folders=folders) as opened:
        await indexed(opened)
        open_notebook(opened, uri, PAINT, "paint(car, red)")
        main = (tmp_path / "work" / "main.py").as_uri()
        at = opened.open(SOURCE, main)
        await opened.suggestion(at, main)
        assert "def paint(wheels, colour):" in model.prompts[-1]
        closed = types.DidCloseNotebookDocumentParams(types.NotebookDocumentIdentifier(uri), [])
        opened.client.notebook_document_did_close(closed)
        main = (tmp_path / "work" / "other.py").as_uri()  # a place's references change in a pause only
        await opened.suggestion(opened.open(SOURCE, main), main)
        assert "def paint(wheels, colour):" not in model.prompts[-1]


async def test_what_the_editor_hides_is_no_context_until_it_shows_it(tmp_path: Path) -> None:
    hidden: dict[str, object] = {"**/drafts": True, "**/shown": False, "**/*.js": {"when": "$(basename).ts"}}
    folders = folder(tmp_path / "work")
    capabilities = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(configuration=True))
    async with window(ScriptedModel("x"), initialize=False) as opened:

        @opened.client.feature(types.WORKSPACE_CONFIGURATION)
        def configuration(params: types.ConfigurationParams) -> list[object]:
            return [hidden if item.section == "files.exclude" else None for item in params.items]

        await opened.client.initialize_async(
            types.InitializeParams(capabilities=capabilities, workspace_folders=folders)
        )
        opened.client.initialized(types.InitializedParams())
        await indexed(opened)
        assert opened.server.session.folders.indexes[tmp_path / "work"].excluded == ("**/drafts",)
        hidden.clear()
        opened.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        while opened.server.session.folders.indexes[tmp_path / "work"].excluded:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)


async def test_a_client_that_does_not_answer_does_not_hold_the_index_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsp_server.workspace.folders.ANSWER_SECONDS", 0.05)
    capabilities = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(configuration=True))
    answer: asyncio.Future[list[object]] = asyncio.get_running_loop().create_future()
    async with window(ScriptedModel("x"), initialize=False) as opened:

        @opened.client.feature(types.WORKSPACE_CONFIGURATION)
        async def configuration(_params: types.ConfigurationParams) -> list[object]:
            return await answer

        folders = folder(tmp_path / "work")
        await opened.client.initialize_async(
            types.InitializeParams(capabilities=capabilities, workspace_folders=folders)
        )
        opened.client.initialized(types.InitializedParams())
        await indexed(opened)
        assert opened.server.session.folders.indexes[tmp_path / "work"].excluded == ()
        answer.set_result([{"late": True}, None])
        while opened.server.session.folders.indexes[tmp_path / "work"].excluded != ("late",):  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)


async def test_all_folders_of_a_window_are_searched(tmp_path: Path) -> None:
    model, folders = ScriptedModel("wheels)"), [*folder(tmp_path / "app"), *folder(tmp_path / "lib")]
    (tmp_path / "lib" / "paint.py").write_text(PAINT)
    async with window(model, workspace_folders=folders) as opened:
        await indexed(opened)
        uri = (tmp_path / "app" / "main.py").as_uri()
        await opened.suggestion(opened.open(SOURCE, uri), uri)
    assert "../lib/paint.py" in model.prompts[-1]
    assert "def paint(wheels, colour):" in model.prompts[-1]
