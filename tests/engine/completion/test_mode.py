"""LINE or BLOCK at a cursor, by language family; and how many tokens the user waits for."""

from __future__ import annotations

import pytest

from engine.completion.mode import choose_mode, token_limit
from engine.document import Cursor
from engine.types import Mode
from tests.scripted import CURSOR

LINE, BLOCK = Mode.LINE, Mode.BLOCK


@pytest.mark.parametrize(
    ("language", "source", "mode"),
    [
        # In the middle of a line, or where the editor has closed what was opened.
        ("python", "x = <cursor> + 1", LINE),
        ("python", "x = foo(<cursor>)", LINE),
        ("javascript", "if (<cursor>) {", LINE),
        ("javascript", "f({<cursor>})", LINE),
        # Behind what opens a block, and on the line below it.
        ("python", "class A:<cursor>\n", BLOCK),
        ("python", "def f():\n    <cursor>", BLOCK),
        ("javascript", "function f() {<cursor>\n}", BLOCK),
        ("go", "func f() {\n\t<cursor>\n}", BLOCK),
        ("rust", "match x {\n    <cursor>\n}", BLOCK),
        ("ruby", "xs.each do<cursor>\n", BLOCK),
        ("ruby", "x = undo<cursor>\n", LINE),
        ("lua", "if a then\n  <cursor>\nend", BLOCK),
        ("lua", "while a do<cursor>\n", BLOCK),
        ("shellscript", "if a; then\n  <cursor>\nfi", BLOCK),
        ("haskell", "main = do\n  <cursor>", BLOCK),
        # A call's open bracket asks for its arguments.
        ("python", "f(\n    <cursor>\n)", LINE),
        ("javascript", "f(\n  a,\n  <cursor>\n)", LINE),
        # On a comment that says what to write, and below one.
        ("python", "# sort the list<cursor>\n", BLOCK),
        ("python", "#<cursor>\n", LINE),
        ("go", "// Sort sorts.\n<cursor>", BLOCK),
        ("java", "/** Sorts. */\n<cursor>", BLOCK),
        ("python", "x = 1  # sort the list<cursor>\n", LINE),
        # An empty line in a body; not one in an expression, nor at a file's level.
        ("python", "def f():\n    a = 1\n    <cursor>\n", BLOCK),
        ("c", "int f() {\n    a();\n    <cursor>\n}\n", BLOCK),
        ("python", "    x = (1 +\n    <cursor>\n", LINE),
        ("python", "import os\n<cursor>\n", LINE),
        # Data, prose and markup have no statements.
        ("yaml", "a:\n  b: 1\n  <cursor>\n", LINE),
        ("yaml", "a:\n  <cursor>\n", BLOCK),
        ("json", '{\n  "a": 1,\n  <cursor>\n}', LINE),
        ("markdown", "- one\n  <cursor>\n", LINE),
        ("html", "<ul>\n  <cursor>\n</ul>", BLOCK),
        ("html", "<p>a</p>\n<cursor>\n", LINE),
    ],
)
def test_line_or_block(language: str, source: str, mode: Mode) -> None:
    before, after = source.split(CURSOR)
    assert choose_mode(Cursor.between(before, after, language=language)) is mode


@pytest.mark.parametrize(
    ("mode", "tokens_per_second", "asked", "cap"),
    [
        (LINE, None, 64, 32),  # nothing measured yet
        (BLOCK, None, 64, 64),
        (LINE, 600.0, 64, 32),  # a fast machine does what was asked
        (BLOCK, 600.0, 64, 64),
        (LINE, 50.0, 64, 20),  # a slow one what it can
        (BLOCK, 50.0, 64, 50),
        (LINE, 1.0, 64, 12),  # but something useful
        (BLOCK, 1.0, 64, 24),
        (BLOCK, 1.0, 8, 8),  # and never more than was asked
    ],
)
def test_no_more_tokens_than_a_person_waits_for(
    mode: Mode, tokens_per_second: float | None, asked: int, cap: int
) -> None:
    assert token_limit(mode, tokens_per_second, asked) == cap
