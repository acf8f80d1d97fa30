r"""The open documents as LSP defines them, and their snapshots.

pygls splits lines as Python does, at form feeds and Unicode separators too; editors do not (LSP 3.18, "Text Documents":
\n, \r\n and \r only). The first change would make a file with a form feed differ from the editor's.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec, TextDocument, Workspace

from engine.context.notebook import BETWEEN_CELLS
from engine.document import MAX_OTHERS, Document, real_path
from lsp_server.workspace.text_buffer import TextBuffer

# Notebooks of every kind: the order of cells is known from them alone.
NOTEBOOKS = types.NotebookDocumentSyncOptions([types.NotebookDocumentFilterWithNotebook(notebook="*")])
MAX_PATH_PARTS = 4
MAX_PATH_CHARS = 200
_NO_FILES = frozenset({"http", "https", "output", "jdt", "jar", "zipfile", "deno", "vscode-scm"})
_IN_GIT = re.compile(r"(.+)/\.git/+(?:[^/:]*|:\d):?[/:](.+)")  # a folder, a commit or stage, a file


@dataclass(frozen=True)
class FolderFile:
    """A file of a workspace folder."""

    root: Path
    path: str  # relative to the folder, with slashes


class EditorDocument(TextDocument):
    """A document whose lines end where the editor's do. A change costs what it touches, not the whole file."""

    def __init__(self, uri: str, source: str | None = None, **options: Any) -> None:
        super().__init__(uri, source, **options)
        # A document that is not open is read from disk by pygls, once.
        text = super().source if source is None else source
        self._buffer = TextBuffer(text, self.position_codec.client_num_units)
        self._split: tuple[str, tuple[str, ...]] = ("", ())  # a text, and its lines

    @property
    def source(self) -> str:
        return self._buffer.text

    @property
    def lines(self) -> Sequence[str]:
        source = self.source
        if self._split[0] is not source:
            self._split = (source, tuple(io.StringIO(source, newline="")))
        return self._split[1]

    def offset_at_position(self, client_position: types.Position) -> int:
        return self._buffer.offset_at(client_position.line, client_position.character)

    def client_position_at_offset(self, offset: int) -> types.Position:
        return types.Position(*self._buffer.position_at(offset))

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        start, end = change.range.start, change.range.end
        self._buffer.replace((start.line, start.character), (end.line, end.character), change.text)

    def _apply_full_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        self._buffer = TextBuffer(change.text, self.position_codec.client_num_units)


class UnitsCodec(PositionCodec):
    """Measures text in the client's units: pygls does so character by character."""

    def client_num_units(self, chars: Sequence[str]) -> int:
        text = chars if isinstance(chars, str) else "".join(chars)
        if self.encoding == types.PositionEncodingKind.Utf32 or text.isascii():
            return len(text)
        if self.encoding == types.PositionEncodingKind.Utf8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2


class EditorWorkspace(Workspace):
    """Owns the open text."""

    def __init__(
        self,
        root_uri: str | None,
        sync_kind: types.TextDocumentSyncKind = types.TextDocumentSyncKind.Incremental,
        workspace_folders: Sequence[types.WorkspaceFolder] | None = None,
        position_encoding: types.PositionEncodingKind | str = types.PositionEncodingKind.Utf16,
    ) -> None:
        if not workspace_folders and root_uri:  # the folder of a client that knows one only
            workspace_folders = [types.WorkspaceFolder(root_uri, "")]
        super().__init__(root_uri, sync_kind, workspace_folders, position_encoding)

    @property
    def roots(self) -> list[Path]:
        """The workspace folders."""
        return list(dict.fromkeys(path for folder in self.folders.values() if (path := file_of(folder.uri))))

    def change_folders(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        """Remove folders, then add others, however their URIs are spelled: a folder renamed in one event stays.

        pygls has added them before it removed others, and knows a folder by the spelling of its URI.
        """
        removed = {file_of(folder.uri) for folder in event.removed}
        for uri in [folder.uri for folder in self.folders.values() if file_of(folder.uri) in removed]:
            self.remove_folder(uri)
        for folder in event.added:
            self.add_folder(folder)

    def is_open(self, uri: str) -> bool:
        return unquote(uri) in self.text_documents  # pygls keys them so

    def locate(self, uri: str) -> FolderFile | None:
        """Return where in the innermost workspace folder a file is; None if no folder holds it."""
        file = file_of(uri)
        if file is None:
            return None
        places = [FolderFile(root, path) for root in self.roots if (path := _path_in(root, file)) is not None]
        return max(places, key=lambda place: len(place.root.parts), default=None)

    def snapshot(self, document: TextDocument) -> Document:
        """Return an open document as the engine sees it. A notebook's cell is alone here."""
        path, file, root = self._names(document.uri)
        origin = None
        if file is None:
            book = self.get_notebook_document(cell_uri=document.uri)
            origin = file_of(book.uri) if book else origin_of(document.uri)
            place = self.locate(from_fs_path(str(origin)) or "") if origin else None
            root = place.root if place else None
        return Document(path, document.language_id or "", document.source, file, root, origin)

    def snapshot_with_cells(self, cell: TextDocument) -> tuple[Document, int]:
        """Return (an open document as the engine sees it, the offset in it where the text of `cell` begins).

        A notebook is one document: its cells of one language in order, so that what stands above a cell is its prefix.
        """
        book = self.get_notebook_document(cell_uri=cell.uri)
        if book is None:
            return self.snapshot(cell), 0
        above, below = "", ""
        is_passed = False
        for each in book.cells:
            other = self.text_documents.get(unquote(each.document))
            if other is cell:
                is_passed = True
            elif other and each.kind == types.NotebookCellKind.Code and other.language_id == cell.language_id:
                if is_passed:
                    below += BETWEEN_CELLS + other.source.rstrip()
                elif other.source.strip():
                    above += other.source.rstrip() + BETWEEN_CELLS
        path, file, root = self._names(book.uri)
        return Document(path, cell.language_id or "", above + cell.source + below, file, root), len(above)

    def other_snapshots(self, document: TextDocument) -> tuple[Document, ...]:
        """Return the documents and notebooks opened last, the last one first, except the one of `document` itself."""
        here = self.get_notebook_document(cell_uri=document.uri)
        others: list[Document] = []
        seen = {here.uri} if here else set()
        for other in reversed(self.text_documents.values()):
            if len(others) == MAX_OTHERS:
                break
            book = self.get_notebook_document(cell_uri=other.uri)
            if other is document or (book is not None and book.uri in seen):
                continue
            if book is not None:
                seen.add(book.uri)
            others.append(self.snapshot_with_cells(other)[0])
        return tuple(others)

    def update_text_document(
        self, text_doc: types.VersionedTextDocumentIdentifier, change: types.TextDocumentContentChangeEvent
    ) -> None:
        """Ignore a document that is not open: VS Code empties an untitled document after it has closed it."""
        if self.is_open(text_doc.uri):
            super().update_text_document(text_doc, change)

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> TextDocument:
        return EditorDocument(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=UnitsCodec(self.position_encoding),
        )

    def _names(self, uri: str) -> tuple[str, Path | None, Path | None]:
        """Return (the path to show to a model, the file, its workspace folder) of a URI."""
        file = file_of(uri)
        if place := self.locate(uri):
            return place.path, file, place.root
        return file.name if file else _short(unquote(_split_uri(uri).path)), file, None


def _short(path: str) -> str:
    """Return the end of a path. That of a class file can be its whole address, and would fill a prompt."""
    return "/".join(path.strip("/").split("/")[-MAX_PATH_PARTS:])[-MAX_PATH_CHARS:] or "untitled"


def _split_uri(uri: str) -> SplitResult:
    """Return the parts of a URI; one that is none has empty ones."""
    try:
        return urlsplit(uri)
    except ValueError:  # a bracket in the host's place, where Python expects an IPv6 address
        return SplitResult("", "", "", "", "")


@lru_cache(maxsize=1024)  # each request looks at every open document
def file_of(uri: str) -> Path | None:
    """Return the file of a `file:` URI, however it is spelled; None for any other scheme."""
    if uri[:5].lower() != "file:":
        return None
    parts = _split_uri(uri)
    host = "" if parts.netloc.lower() == "localhost" else parts.netloc
    path = to_fs_path(urlunsplit(("file", host, parts.path, "", "")))
    return Path(path) if parts.path and path and "\0" not in path else None  # no system takes a NUL


@lru_cache(maxsize=1024)
def origin_of(uri: str) -> Path | None:
    """Return the file that a URI of another scheme is about: a version of it, a part, a comparison.

    `git:/shop/cart.py?…` is of VS Code, `fugitive:///shop/.git//0/cart.py` and its like are of Neovim's plugins.
    """
    parts = _split_uri(uri)
    path = unquote(parts.path)
    with suppress(
        AttributeError, ValueError, RecursionError
    ):  # VS Code's own path may have a suffix that its query has not
        path = str(json.loads(unquote(parts.query)).get("path", path))
    if not path.startswith("/") or parts.scheme in _NO_FILES:
        return None
    if in_git := _IN_GIT.fullmatch(path):
        path = f"{in_git[1]}/{in_git[2]}"
    return file_of(f"file://{quote(path)}")


def _path_in(root: Path, file: Path) -> str | None:
    """Return the path of a file in a folder, either of which may be reached by links; None if it is not in it."""
    for folder, place in ((root, file), (real_path(root), real_path(file))):
        if place.is_relative_to(folder):
            return place.relative_to(folder).as_posix()
    return None


def apply_selected_suggestion(text: str, offset: int, start: int, end: int, selected: str) -> tuple[str, int]:
    """Return (the text with an entry of the editor's own suggest widget in place of (start, end), the cursor after it).

    A range that does not lie in the text leaves both as they are.
    """
    if not 0 <= start <= end <= len(text):
        return text, offset
    return text[:start] + selected + text[end:], start + len(selected)
