r"""The open documents as LSP defines them, and their snapshots.

pygls splits lines as Python does, at form feeds and Unicode separators too; editors do not (LSP 3.18, "Text Documents":
\n, \r\n and \r only). A file with a form feed would drift apart from the editor's with the first change.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec, TextDocument, Workspace
from pygls.workspace.position_codec import ServerTextPosition

from engine.context.notebook import BETWEEN_CELLS
from engine.document import Document

# All notebooks, of whatever kind: their order is what tells which cells come before which.
NOTEBOOKS = types.NotebookDocumentSyncOptions([types.NotebookDocumentFilterWithNotebook(notebook="*")])
MAX_PATH_PARTS = 4
MAX_PATH_CHARS = 200


class EditorDocument(TextDocument):
    """A document whose lines end where the editor's do. A key costs what it touches, not the whole file."""

    _split: tuple[str, tuple[str, ...]] = ("", ())  # a text, and its lines

    @property
    def lines(self) -> Sequence[str]:
        source = self.source
        if self._split[0] is not source:
            self._split = (source, _lines(source))
        return self._split[1]

    def offset_at_server_position(self, server_position: ServerTextPosition) -> int:
        return server_position.character + sum(map(len, self.lines[: server_position.line]))

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        source, lines = self.source, self.lines
        span = self._position_codec.range_from_client_units(lines, change.range)
        start, end = self.offset_at_server_position(span.start), self.offset_at_server_position(span.end)
        self._source = source[:start] + change.text + source[end:]
        if span.end.line < len(lines) and "\r" not in self._source:  # of which CRLF may be joined or parted
            first, last = span.start, span.end
            touched = lines[first.line][: first.character] + change.text + lines[last.line][last.character :]
            self._split = (self._source, (*lines[: first.line], *_lines(touched), *lines[last.line + 1 :]))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(io.StringIO(text, newline=""))


class LineEndCodec(PositionCodec):
    """A column past a line's end is its end (LSP 3.18, "Position"), on the last line too.

    pygls takes the last column for the line's length less one, as if every line ended in one sign.
    """

    def position_from_client_units(self, lines: Sequence[str], position: types.Position) -> ServerTextPosition:
        if position.line >= len(lines):
            return ServerTextPosition(len(lines), 0)
        line = lines[position.line].rstrip("\r\n")
        units = 0
        for column, char in enumerate(line):
            if units >= position.character:
                return ServerTextPosition(position.line, column)
            units += self.client_num_units(char)
        return ServerTextPosition(position.line, len(line))


class EditorWorkspace(Workspace):
    """Owns the open text."""

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> TextDocument:
        return EditorDocument(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=LineEndCodec(self.position_encoding),
        )

    def update_text_document(
        self, text_doc: types.VersionedTextDocumentIdentifier, change: types.TextDocumentContentChangeEvent
    ) -> None:
        """VS Code empties an untitled document after it has closed it: what is not open has no text to change."""
        if is_open(self, text_doc.uri):
            super().update_text_document(text_doc, change)


def is_open(workspace: Workspace, uri: str) -> bool:
    return unquote(uri) in workspace.text_documents  # pygls keys them so


def snapshot(document: TextDocument, roots: Sequence[Path]) -> Document:
    """The document as the engine sees it."""
    file = file_of(document.uri)
    root = root_of(file, roots)
    if file is None:
        path = _short(unquote(urlsplit(document.uri).path))
    else:
        path = file.relative_to(root).as_posix() if root else file.name
    return Document(path, document.language_id or "", document.source, file, root)


def with_cells(
    workspace: Workspace, edited: TextDocument, document: Document, offset: int, roots: Sequence[Path]
) -> tuple[Document, int, tuple[Document, ...]]:
    """(`edited`'s snapshot, the cursor in it, the other open documents, the last opened first).

    A notebook is one document: its cells of one language in order, so that what stands above a cell is its prefix.
    """
    here = workspace.get_notebook_document(cell_uri=edited.uri)
    if here is not None:
        document, before = _joined(workspace, here, document, edited, roots)
        offset += before
    others, seen = [], {here.uri} if here else set()
    for other in reversed(list(workspace.text_documents.values())):
        book = workspace.get_notebook_document(cell_uri=other.uri)
        if other is edited or (book is not None and book.uri in seen):
            continue
        beside = snapshot(other, roots)
        if book is not None:
            seen.add(book.uri)
            beside, _ = _joined(workspace, book, beside, other, roots)
        others.append(beside)
    return document, offset, tuple(others)


def _joined(
    workspace: Workspace, book: types.NotebookDocument, cell: Document, document: TextDocument, roots: Sequence[Path]
) -> tuple[Document, int]:
    """(the notebook as one text of `cell`'s language, where in it `cell`, the snapshot of `document`, begins)."""
    above, below = "", ""
    passed = False
    for each in book.cells:
        other = workspace.text_documents.get(unquote(each.document))
        if other is document:
            passed = True
        elif other and each.kind == types.NotebookCellKind.Code and other.language_id == document.language_id:
            if passed:
                below += BETWEEN_CELLS + other.source.rstrip()
            elif other.source.strip():
                above += other.source.rstrip() + BETWEEN_CELLS
    file = file_of(book.uri)
    root = root_of(file, roots)
    path = file.relative_to(root).as_posix() if file and root else _short(unquote(urlsplit(book.uri).path))
    return replace(cell, path=path, text=above + cell.text + below, file=file, root=root), len(above)


def _short(path: str) -> str:
    """The end of a path that may be a class file's whole address: it must not take the code's place in a prompt."""
    return "/".join(path.strip("/").split("/")[-MAX_PATH_PARTS:])[-MAX_PATH_CHARS:] or "untitled"


def file_of(uri: str) -> Path | None:
    """The file behind a `file:` URI; None for any other scheme."""
    if not uri.startswith("file:"):
        return None
    path = to_fs_path(uri)
    return Path(path) if path else None


def root_of(file: Path | None, roots: Sequence[Path]) -> Path | None:
    """The innermost workspace folder that holds `file`."""
    holders = [root for root in roots if file is not None and file.is_relative_to(root)]
    return max(holders, key=lambda root: len(root.parts), default=None)


def workspace_roots(workspace: Workspace) -> list[Path]:
    uris = [folder.uri for folder in workspace.folders.values()] or [workspace.root_uri or ""]
    return [path for uri in uris if (path := file_of(uri))]


def apply_selected_suggestion(text: str, offset: int, start: int, end: int, selected: str) -> tuple[str, int]:
    """The text as if the entry selected in the editor's own suggest widget had been taken, and the cursor behind it."""
    if not 0 <= start <= end <= len(text):
        return text, offset
    return text[:start] + selected + text[end:], start + len(selected)
