"""The text of an open document, edited by positions, against a plain string."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lsprotocol.types import PositionEncodingKind

from lsp_server.workspace import text_buffer
from lsp_server.workspace.documents import UnitsCodec
from lsp_server.workspace.text_buffer import TextBuffer

LINE_END = re.compile(r"\r\n|\r|\n")
TEXT = st.text(alphabet="ab\n\r\f\u2028é😀", max_size=40)
PLACE = st.tuples(st.integers(-2, 8) | st.just(10**20), st.integers(-2, 12) | st.just(10**20))
ENCODINGS = [PositionEncodingKind.Utf8, PositionEncodingKind.Utf16, PositionEncodingKind.Utf32]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_buffer, "PIECE_CHARS", 4)


def offset_in(text: str, line: int, column: int, codec: UnitsCodec) -> int:
    """The offset of a position, found the slow way."""
    line, column = max(0, line), max(0, column)
    starts = [0, *(match.end() for match in LINE_END.finditer(text))]
    if line >= len(starts):
        return len(text)
    end = LINE_END.search(text, starts[line])
    stop = end.start() if end else len(text)
    for offset in range(starts[line], stop):
        if codec.client_num_units(text[starts[line] : offset]) >= column:
            return offset
    return stop


@settings(max_examples=400, deadline=None)
@given(TEXT, st.lists(st.tuples(PLACE, PLACE, TEXT), max_size=6), st.sampled_from(ENCODINGS))
@example("abcdef", [((-1, 4), (0, 0), "x")], ENCODINGS[0])
def test_edits_by_positions_give_the_text_of_a_plain_string(
    text: str, edits: list[tuple[tuple[int, int], tuple[int, int], str]], encoding: PositionEncodingKind
) -> None:
    codec = UnitsCodec(encoding)
    buffer = TextBuffer(text, codec.client_num_units)
    for one, other, inserted in edits:
        first, last = sorted(offset_in(text, *place, codec) for place in (one, other))
        assert sorted((buffer.offset_at(*one), buffer.offset_at(*other))) == [first, last]
        buffer.replace(one, other, inserted)
        text = text[:first] + inserted + text[last:]
        assert (buffer.text, len(buffer)) == (text, len(text))


@given(TEXT, st.sampled_from(ENCODINGS))
def test_every_offset_has_a_position_that_leads_back(text: str, encoding: PositionEncodingKind) -> None:
    codec = UnitsCodec(encoding)
    buffer = TextBuffer(text, codec.client_num_units)
    for offset in range(len(text) + 1):
        in_line_end = text[offset - 1 : offset + 1] == "\r\n"
        line, column = buffer.position_at(offset)
        assert in_line_end or buffer.offset_at(line, column) == offset
        assert line == len(LINE_END.findall(text[:offset])) or in_line_end
