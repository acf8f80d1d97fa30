from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from engine.context.exclusion import why_not_open, why_private
from lsp_server.workspace.documents import EditorDocument, EditorWorkspace, FolderFile, UnitsCodec, file_of

TEXT = st.text(alphabet="ab\n\r\f\u2028😀", max_size=12)
PLACE = st.tuples(st.integers(0, 6), st.integers(0, 6))


@given(source=TEXT, edits=st.lists(st.tuples(PLACE, PLACE, TEXT), max_size=5))
def test_a_document_stays_the_editors_from_change_to_change(
    source: str, edits: list[tuple[tuple[int, int], tuple[int, int], str]]
) -> None:
    """Its lines are those of its whole text, and each change replaces what is between its positions."""
    document = EditorDocument(
        "file:///a.py",
        source,
        sync_kind=types.TextDocumentSyncKind.Incremental,
        position_codec=UnitsCodec(types.PositionEncodingKind.Utf16),
    )
    for one, other, text in edits:
        start, end = (types.Position(*place) for place in sorted((one, other)))
        before, first, last = document.source, document.offset_at_position(start), document.offset_at_position(end)
        document.apply_change(types.TextDocumentContentChangePartial(range=types.Range(start, end), text=text))
        assert document.source == before[:first] + text + before[last:]
        assert document.lines == tuple(io.StringIO(document.source, newline=""))


def test_a_change_of_a_document_that_is_closed_is_none() -> None:
    workspace = EditorWorkspace(None, types.TextDocumentSyncKind.Incremental)
    closed = types.VersionedTextDocumentIdentifier(version=2, uri="untitled:/gone.py")
    workspace.update_text_document(closed, types.TextDocumentContentChangeWholeDocument(text=""))
    assert not workspace.text_documents


def folder(path: Path, *, uri: str = "") -> types.WorkspaceFolder:
    return types.WorkspaceFolder(uri or path.as_uri(), path.name)


def test_the_last_folder_that_is_removed_does_not_come_back_through_the_root(tmp_path: Path) -> None:
    workspace = EditorWorkspace(tmp_path.as_uri(), workspace_folders=[folder(tmp_path)])
    workspace.change_folders(types.WorkspaceFoldersChangeEvent(added=[], removed=[folder(tmp_path)]))
    assert workspace.roots == []


def test_a_folder_that_is_renamed_in_one_event_stays(tmp_path: Path) -> None:
    workspace = EditorWorkspace(None, workspace_folders=[folder(tmp_path)])
    workspace.remove_folder(tmp_path.as_uri())  # as pygls does, after adding it
    workspace.change_folders(types.WorkspaceFoldersChangeEvent([folder(tmp_path)], [folder(tmp_path)]))
    assert workspace.roots == [tmp_path]


@pytest.mark.parametrize("spelling", ["{}/", "file://localhost{1}", "FILE://{1}"])
def test_a_folder_is_one_however_its_uri_is_spelled(tmp_path: Path, spelling: str) -> None:
    uri = spelling.format(tmp_path.as_uri(), tmp_path.as_posix())
    workspace = EditorWorkspace(None, workspace_folders=[folder(tmp_path), folder(tmp_path, uri=uri)])
    assert workspace.roots == [tmp_path]
    workspace.change_folders(types.WorkspaceFoldersChangeEvent([], [folder(tmp_path, uri=uri)]))
    assert workspace.roots == []


@pytest.mark.parametrize(("opened", "edited"), [("link", "real"), ("real", "link"), ("link", "link")])
def test_a_file_is_found_in_its_folder_by_links_too(tmp_path: Path, opened: str, edited: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    workspace = EditorWorkspace(None, workspace_folders=[folder(tmp_path / opened)])
    place = workspace.locate((tmp_path / edited / "a.py").as_uri())
    assert place == FolderFile(tmp_path / opened, "a.py")


@pytest.mark.parametrize(
    "uri",
    [
        "git:{0}/hidden.py?ref",
        "git:{0}/hidden.py.git?%7B%22path%22%3A%22{0}/hidden.py%22%2C%22ref%22%3A%22HEAD%22%7D",
        "gitlens://7b22/{0}/hidden.py",
        "fugitive://{0}/.git//0/hidden.py",
        "gitsigns://{0}/.git//HEAD:hidden.py",
        "diffview://{0}/.git/:0:/hidden.py",
        "vscode-notebook-cell:{0}/hidden.py#W0s",
        "untitled:{0}/hidden.py",
    ],
)
def test_what_shows_a_file_in_another_way_falls_under_its_rules(tmp_path: Path, uri: str) -> None:
    (tmp_path / ".codegeexignore").write_text("hidden.py\n")
    workspace = EditorWorkspace(None, workspace_folders=[folder(tmp_path)])
    snapshot = workspace.snapshot(EditorDocument(uri.format(tmp_path.as_posix()), "x = 1\n", language_id="python"))
    assert snapshot.file is None
    assert why_not_open(snapshot) == why_private(snapshot) == "ignored by .codegeexignore"


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "https://example.org/hidden.py", "output:/hidden.py"])
def test_what_shows_no_file_has_no_rules(uri: str) -> None:
    workspace = EditorWorkspace(None)
    assert workspace.snapshot(EditorDocument(uri, "x = 1\n", language_id="python")).origin is None


@pytest.mark.parametrize("uri", ["file:///x/%00.py", "git:/x/a.py?" + "[" * 9999])
def test_a_document_whose_uri_names_no_file_is_one_of_the_open_ones(uri: str, tmp_path: Path) -> None:
    workspace = EditorWorkspace(None, workspace_folders=[folder(tmp_path)])
    workspace.put_text_document(types.TextDocumentItem(uri, types.LanguageKind.Python, 1, "x = 1\n"))
    assert workspace.snapshot(workspace.get_text_document(uri)).text == "x = 1\n"


@pytest.mark.parametrize("uri", ["file://[/x/a.py", "file:///x/%00.py", "file:", "x:/a"])
def test_what_is_no_files_uri_names_none(uri: str) -> None:
    assert file_of(uri) is None
