"""A cursor in a document: cut once, with LF line ends and without a byte order mark, near it or whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.document import MAX_CURSOR_LINE_CHARS, MAX_DOCUMENT_CHARS, NEAR_CHARS, Cursor, Document

TEXTS = st.text(st.sampled_from("ab \n)"), max_size=20)


def test_line_ends_and_the_byte_order_mark_are_those_of_the_file_alone() -> None:
    cursor = Cursor.between("\ufeffone\r\ntwo = ", "(x)\r\nthree\r\n")
    assert (cursor.prefix, cursor.suffix) == ("one\ntwo = ", "(x)\nthree\n")
    assert (cursor.line_before, cursor.line_after, cursor.line_end) == ("two = ", "(x)", "\r\n")


def test_before_the_byte_order_mark_is_after_it() -> None:
    assert Cursor(Document("a.py", "python", "\ufeffx"), 0).suffix == "x"


@pytest.mark.parametrize(("offset", "moved_to"), [(-1, 0), (2, 2), (9, 3)])
def test_an_offset_outside_is_at_the_nearer_end(offset: int, moved_to: int) -> None:
    assert Cursor(Document("a.py", "python", "abc"), offset).offset == moved_to


def test_near_is_the_same_cursor_in_less_text() -> None:
    cursor = Cursor.between("\r\n" * NEAR_CHARS + "before", "after" + "\r\n" * NEAR_CHARS, "a.py")
    near = cursor.near
    assert (near.line_before, near.line_after) == ("before", "after")
    assert len(near.document.text) <= NEAR_CHARS + len("before\nafter")
    assert (near.language, near.near.document.text) == (cursor.language, near.document.text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (" \n", "the file is empty"),
        ("a\0b", "the file is binary"),
        ("a" * (MAX_CURSOR_LINE_CHARS + 1), "the line is longer than 2,000 characters: minified or generated"),
        ("a\n" * MAX_DOCUMENT_CHARS, "the file is larger than 1,000,000 characters"),
        ("a\n" * (MAX_DOCUMENT_CHARS // 2), ""),
    ],
    ids=["empty", "binary", "a long line", "a large file", "the largest file"],
)
def test_why_a_document_is_not_completed(text: str, why: str) -> None:
    assert Cursor.between("", text).why_not_completed == why


def test_what_is_typed_has_the_line_ends_of_the_document() -> None:
    typed = Cursor.between("if x {", "}\r\n").after_typing("\n    ", below="\n")
    assert typed.document.text == "if x {\r\n    \r\n}\r\n"
    assert (typed.prefix, typed.suffix) == ("if x {\n    ", "\n}\n")


LINES = [f"value_{number} = {number}" for number in range(40)]


@pytest.mark.parametrize(("usual", "other"), [("\n", "\r\n"), ("\r\n", "\n"), ("\r", "\n"), ("\r", "\r\n")])
@pytest.mark.parametrize("odd", [0, 20, 38])
def test_lines_end_as_those_around_them(usual: str, other: str, odd: int) -> None:
    text = usual.join(LINES[: odd + 1]) + other + usual.join(LINES[odd + 1 :]) + usual
    cursor = Cursor.between(text, "")
    assert cursor.line_end == usual
    assert cursor.prefix == "\n".join(LINES) + "\n"
    assert cursor.after_typing("a\nb").document.text == text + f"a{usual}b"


def test_two_halves_of_a_file_keep_their_line_ends() -> None:
    text = "\r\n".join(LINES) + "\r\n" + "\n".join(LINES) + "\n"
    document = Document("a.py", "python", text)
    assert Cursor(document, text.index("value_39")).line_end == "\r\n"
    assert Cursor(document, text.rindex("value_5 ")).line_end == "\n"


@given(TEXTS, TEXTS, TEXTS, st.sampled_from(["\n", "\r\n", "\r"]))
def test_typing_can_be_undone(prefix: str, suffix: str, typed: str, ends: str) -> None:
    cursor = Cursor.between((prefix + "\n").replace("\n", ends), suffix.replace("\n", ends))
    after = cursor.after_typing(typed)
    assert (after.prefix, after.suffix) == (cursor.prefix + typed, cursor.suffix)
    assert after.before_typing(typed) == cursor
