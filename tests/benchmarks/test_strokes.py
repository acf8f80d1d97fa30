"""Keys that turn one text into another, as an editor receives them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peer import strokes as module
from benchmarks.peer.strokes import MAX_PAUSE_S, MIN_PAUSE_S, Stroke, accepted, indent_unit, strokes

LINES = st.lists(st.text(alphabet="ab(){}[]\"':; \t", max_size=12), max_size=8)


@pytest.fixture(autouse=True)
def no_slips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLIPS", 0)


def typed(before: str, after: str, **options: bool) -> list[Stroke]:
    return strokes(before, after, random.Random(1), **options)


def played(before: str, made: list[Stroke]) -> str:
    for stroke in made:
        before = stroke.apply(before)
    return before


@given(LINES, LINES, st.integers(0, 9), st.booleans())
def test_the_strokes_of_any_two_texts_lead_from_one_to_the_other(
    old: list[str], new: list[str], seed: int, opens_with_colon: bool
) -> None:
    before, after = "\n".join(old), "\n".join(new)
    made = strokes(before, after, random.Random(seed), opens_with_colon=opens_with_colon)
    assert played(before, made) == after
    assert all(MIN_PAUSE_S <= stroke.pause_s <= MAX_PAUSE_S for stroke in made)


def test_a_line_is_typed_sign_by_sign_after_enter() -> None:
    assert [stroke.text for stroke in typed("a\nb", "a\nxy\nb")] == ["\n", "x", "y"]


def test_enter_after_an_opener_indents_and_what_is_too_deep_is_taken_back() -> None:
    made = typed("def f():", "def f():\n    a\nb", opens_with_colon=True)
    assert [(stroke.text, stroke.end - stroke.start) for stroke in made] == [
        ("\n    ", 0), ("a", 0), ("\n    ", 0), ("", 4), ("b", 0),
    ]  # fmt: skip


def test_a_closed_bracket_is_typed_over() -> None:
    made = typed("", "f(x)\n")
    assert [(stroke.text, stroke.end - stroke.start) for stroke in made][1:4] == [("()", 0), ("x", 0), (")", 1)]


def test_braces_open_over_three_lines_and_the_last_is_stepped_over() -> None:
    made = typed("a\n", "a\nif (b) {\n  c\n}\n")
    assert any(stroke.text == "\n  \n" for stroke in made)
    assert all(stroke.asks for stroke in made)


def test_within_a_line_only_what_differs_is_changed() -> None:
    made = typed("a = old_name(1)\n", "a = new_name(1)\n")
    assert [(stroke.text, stroke.end - stroke.start) for stroke in made] == [("", 1)] * 3 + [(c, 0) for c in "new"]


def test_slips_are_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLIPS", 1)
    made = typed("", "xy\n")
    assert [stroke.end - stroke.start for stroke in made] == [0, 1, 0, 0, 1, 0, 0]
    assert played("", made) == "xy\n"


def test_a_suggestion_that_would_be_typed_can_be_accepted() -> None:
    made = typed("a\n", "a\nfoo(bar)\n")
    after_enter = made[0].apply("a\n")
    assert accepted(made, 1, after_enter, made[0].cursor, "foo") == 4
    assert accepted(made, 1, after_enter, made[0].cursor, "foo(bar)") == len(made)
    assert accepted(made, 1, after_enter, made[0].cursor, "fob") is None


@pytest.mark.parametrize(("text", "unit"), [("a\n\tb", "\t"), ("a\n  b\n    c", "  "), ("a", "    ")])
def test_the_file_says_how_it_is_indented(text: str, unit: str) -> None:
    assert indent_unit(text) == unit
