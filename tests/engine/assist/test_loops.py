"""Answers that go in circles are stopped, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine.assist.loops import LoopFinder


@pytest.mark.parametrize(
    "block", ["net/http.server/", "It adds two numbers, and returns the sum of them. ", "- a\n- b\n"]
)
@pytest.mark.parametrize("end", ["", "and then"])
def test_a_circle_is_cut_to_one_repetition(block: str, end: str) -> None:
    text = "Here it is.\n" + block * 40 + end
    kept = LoopFinder().find(text)
    assert kept is not None
    assert text[:kept].count(block.strip()[:10]) <= 2
    assert text[:kept].startswith("Here it is.\n" + block[:-1])


def test_it_is_found_while_the_answer_grows() -> None:
    loops, text = LoopFinder(), "The same again and again. " * 9
    found = [end for end in range(len(text)) if loops.find(text[:end]) is not None]
    assert found[0] < len("The same again and again. ") * 5 + 8


def test_what_the_code_itself_repeats_may_be_repeated() -> None:
    table = "    row(None, None, None, None, None, None, None, None),\n" * 12
    assert LoopFinder(is_code=True).find(table) is not None
    assert LoopFinder(table, is_code=True).find(table) is None


@pytest.mark.parametrize("text", ["-" * 200, "| --- " * 20, "0, " * 60, "        }\n    }\n" * 3, "<td></td>\n" * 5])
def test_rulers_and_tables_are_no_circles(text: str) -> None:
    assert LoopFinder().find(text) is None


def test_source_code_is_not_stopped() -> None:
    files = sorted(Path(engine.__file__).parent.rglob("*.py"))
    assert not [file for file in files if LoopFinder(is_code=True).find(file.read_text("utf-8")[:4000]) is not None]
