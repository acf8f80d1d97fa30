from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from lsp_server.workspace.documents import EditorDocument, EditorWorkspace, UnitsCodec

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
