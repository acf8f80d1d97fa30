"""A place and its prompts: what is typed must only append to them."""

from __future__ import annotations

import pytest

from engine.completion.assemble import assemble, lay_out
from engine.completion.frame import Frame
from engine.document import Cursor
from engine.languages import language_of
from engine.model.catalog import EMBEDDED_FOLDER
from engine.model.tokenizer import FolderTokenizer
from engine.prompt.templates import Contents, PromptEncoder
from engine.types import Mode, Prompt, Snippet
from tests.scripted import CURSOR, DESCRIPTION

PYTHON = language_of("python")
TOKENIZER = FolderTokenizer(EMBEDDED_FOLDER)
ENCODER = PromptEncoder(DESCRIPTION, TOKENIZER)
ABOVE = "".join(f"def f{i}(a, b):\n    return a + b * {i}\n\n\n" for i in range(12))
SOURCE = ABOVE + "class Basket:\n    def total(self):\n        <cursor>\n\n\ndef last():\n    pass\n"
SNIPPET = Snippet("b.py", 0, 1, "def price(item): ...", 1.0, "declaration")


def contents_of(source: str) -> Contents:
    cursor = Cursor.between(*source.split(CURSOR))
    return Contents("a.py", PYTHON, Mode.LINE, cursor.prefix, cursor.shown_suffix)


def laid_out(source: str = SOURCE, budget: int = 400) -> Frame:
    return lay_out(ENCODER, contents_of(source), budget, (SNIPPET,))


def prompt_of(frame: Frame, source: str, mode: Mode = Mode.LINE) -> Prompt | None:
    cursor = Cursor.between(*source.split(CURSOR))
    return frame.prompt(mode, cursor.prefix, cursor.shown_suffix)


def typed(text: str) -> str:
    return SOURCE.replace(CURSOR, text if CURSOR in text else text + CURSOR)


def test_typing_only_appends_to_the_prompt() -> None:
    frame = laid_out()
    before = prompt_of(frame, SOURCE)
    for text in ("r", "re", "return s", "return self.x + price("):
        after = prompt_of(frame, typed(text))
        assert after.tokens[: before.stable_tokens] == before.tokens[: before.stable_tokens]
        assert TOKENIZER.decode(after.tokens).endswith(f"        {text}\n")


def test_the_head_ends_above_the_line_being_typed() -> None:
    prompt = prompt_of(laid_out(), typed("return sum("))
    head = TOKENIZER.decode(prompt.tokens[: prompt.stable_tokens])
    assert head.endswith(("def total(self)", "def total(self"))


def test_its_prompt_is_that_of_assembling_again() -> None:
    """But for the room it leaves for typing."""
    source = typed("return sum(")
    again = assemble(ENCODER, contents_of(source), 4000, (SNIPPET,))
    assert prompt_of(laid_out(budget=4000), source).tokens == again.tokens


@pytest.mark.parametrize(
    "elsewhere",
    [
        SOURCE.replace("def f9(", "def nine("),  # a line above was edited
        SOURCE.replace("def last", "def first"),  # a line below was
        SOURCE.replace(CURSOR, "").replace("def f3", CURSOR + "def f3"),  # the cursor jumped
        SOURCE.replace(CURSOR, "x = 1\n        " * 200 + CURSOR),  # no room is left
    ],
)
def test_another_place_needs_another_frame(elsewhere: str) -> None:
    assert prompt_of(laid_out(), elsewhere) is None


@pytest.mark.parametrize("text", ["print(<cursor>)", "x = [<cursor>]", 'f("<cursor>")', "g({<cursor>});", "`<cursor>`"])
def test_what_the_editor_closes_changes_nothing(text: str) -> None:
    frame = laid_out()
    opened = text.partition(CURSOR)[0] + CURSOR
    assert prompt_of(frame, typed(text)).tokens == prompt_of(frame, typed(opened)).tokens


def test_code_behind_the_cursor_is_shown() -> None:
    for suffix in (") + rest\n", " )\n"):
        assert Cursor.between("", suffix).shown_suffix == suffix


def test_line_and_block_are_two_heads_of_one_frame() -> None:
    frame = laid_out()
    line, block = prompt_of(frame, SOURCE), prompt_of(frame, SOURCE, Mode.BLOCK)
    assert "\nPython\nLINE\n" in TOKENIZER.decode(line.tokens)
    assert "\nPython\nBLOCK\n" in TOKENIZER.decode(block.tokens)
    assert line.used == block.used
