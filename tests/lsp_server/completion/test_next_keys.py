from __future__ import annotations

import pytest

from lsp_server.completion.next_keys import cursors_after_next_key
from tests.scripted import CURSOR, at_cursor


@pytest.mark.parametrize(
    ("source", "completion", "characters", "expected"),
    [
        ("x = <cursor>\n", "", "ab", ["x = a<cursor>\n", "x = b<cursor>\n"]),
        ("x = <cursor>\n", "alpha", "ab", ["x = b<cursor>\n"]),
        ("---<cursor>\n", "", "a", ["----<cursor>\n", "---a<cursor>\n"]),
        ("if x:<cursor>\n", "", "\n", ["if x:\n    <cursor>\n"]),
        ("f(<cursor>)\r\n", "", "\n", ["f(\r\n    <cursor>\r\n)\r\n"]),
        ("<cursor>", "", "\n", []),
    ],
    ids=["each", "the one that is shown", "repeated", "Enter", "Enter in brackets, with CRLF", "Enter on a blank line"],
)
def test_cursors_after_the_next_key(source: str, completion: str, characters: str, expected: list[str]) -> None:
    cursors = cursors_after_next_key(at_cursor(source).cursor, completion, characters)
    assert [c.document.text[: c.offset] + CURSOR + c.document.text[c.offset :] for c in cursors] == expected
