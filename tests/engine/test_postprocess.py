"""Golden cases of the filters, one a peculiarity that users of other tools complain of."""

from __future__ import annotations

import pytest

from engine.postprocess import Draft, Silent, apply_filters, shown_part, stop_rule
from engine.types import Mode
from tests.scripted import CURSOR, answer


def filtered(source: str, text: str, mode: Mode = Mode.BLOCK, *, finished: bool = True) -> str:
    prefix, suffix = source.split(CURSOR)
    try:
        return apply_filters(Draft(text, prefix, suffix, mode, finished)).text
    except Silent:
        return ""


@pytest.mark.parametrize(
    ("source", "text", "shown"),
    [
        ("f(<cursor>)", "a, b)", "a, b"),
        ("f(<cursor>);", "a, b);", "a, b"),
        ("x = [<cursor>]", "1, 2]", "1, 2"),
        ('s = "<cursor>"', 'hello"', "hello"),
        ("if (<cursor>) {", "a > b) {", "a > b"),
        ("f(g(<cursor>)", "x))", "x)"),
        ("f(<cursor>", "g(x))", "g(x))"),
        ("f(<cursor>)", "a,\n  b)", "a,\n  b"),
        ("valu<cursor>e", "e", ""),
        ("x = <cursor>e", "some", "some"),
        ("x = <cursor>", "1   ", "1"),
        ("x = <cursor>", "y <|assistant|> z", "y"),
        ("x = <cursor>", "caf\ufffd", "caf"),
        ("x = <cursor>", "// ", ""),
        ("    <cursor>\n    return x\n", "x = 1\n    return x\n", "x = 1"),
        ("    <cursor>\n}\n", "a();\n    b();\n}\n", "a();\n    b();"),
        ("<cursor>", "a()\na()\na()\na()\n", "a()"),
        ("def f():\n    <cursor>", "a()\nb()", "a()"),
        ("x = f(1)\n<cursor>", "x = f(1)", ""),
        ("a\n<cursor>\n  next_line()", "next_line()", ""),
    ],
)
def test_filters(source: str, text: str, shown: str) -> None:
    assert filtered(source, text) == shown


def test_line_mode_is_one_line() -> None:
    assert filtered("x = <cursor>", "1\ny = 2", Mode.LINE) == "1"


def test_a_half_written_last_line_is_dropped() -> None:
    assert filtered("<cursor>", "a = 1\nb = 2\nc = so", finished=False) == "a = 1\nb = 2"


@pytest.mark.parametrize(
    ("mode", "prefix", "suffix", "text", "stops"),
    [
        (Mode.LINE, "x = ", "", "1", False),
        (Mode.LINE, "x = ", "", "1\n", True),
        (Mode.BLOCK, "def f():\n    ", "", "a\n    b", False),
        (Mode.BLOCK, "def f():\n    ", "", "a\nb", True),
        (Mode.BLOCK, "", "\nend()\n", "a\nend()\n", True),
        (Mode.BLOCK, "", "", "a\na\na\na", True),
        (Mode.BLOCK, "", "", "a\n" * 20, True),
    ],
)
def test_stop_rules(mode: Mode, prefix: str, suffix: str, text: str, stops: bool) -> None:
    assert stop_rule(mode, prefix, suffix)(text) is stops


def test_a_sure_answer_is_shown_whole_with_the_end_counted() -> None:
    shown = shown_part(answer("a.b", [0.9, 0.9, 0.9], end=0.9), Mode.LINE, 0.6)
    assert (shown.text, shown.whole) == ("a.b", True)
    assert shown.confidence == pytest.approx(0.9**4)


def test_an_unsure_tail_is_cut_at_a_word() -> None:
    said = answer("name, count_of", [0.95, 0.95, 0.95, 0.1], end=0.9)
    assert shown_part(said, Mode.LINE, 0.6).text.rstrip() == "name,"


def test_an_unsure_beginning_shows_nothing() -> None:
    shown = shown_part(answer("name", [0.2], end=0.9), Mode.LINE, 0.6)
    assert shown.text == ""
    assert shown.confidence == pytest.approx(0.18)


def test_the_token_that_ends_the_line_counts_as_the_end() -> None:
    shown = shown_part(answer("ab\n", [0.9, 0.8], end=None), Mode.LINE, 0.6)
    assert (shown.text, shown.whole) == ("ab", True)
    assert shown.confidence == pytest.approx(0.72)


def test_a_block_is_cut_at_a_line_end() -> None:
    said = answer("aa\nbb\ncc", [0.99, 0.99, 0.99, 0.99, 0.3], end=0.9, mode=Mode.BLOCK)
    assert shown_part(said, Mode.BLOCK, 0.6).text == "aa\nbb"


def test_a_single_sign_is_not_worth_showing() -> None:
    assert shown_part(answer(")", [0.99], end=0.99), Mode.LINE, 0.6).text == ""
