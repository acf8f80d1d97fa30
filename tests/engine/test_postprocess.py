"""Golden cases of the filters, one a peculiarity that users of other tools complain of."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.complete import complete
from engine.languages import language_of
from engine.postprocess import Draft, Place, Silent, apply_filters, shown_part, stop_rule
from engine.types import CancellationToken, CompletionSettings, Generated, Mode
from tests.scripted import CURSOR, ScriptedModel, answer, at_cursor


def filtered(source: str, text: str, mode: Mode = Mode.BLOCK, language: str = "javascript") -> str:
    prefix, suffix = source.split(CURSOR)
    try:
        return apply_filters(Draft(text, Place(prefix, suffix, language_of(language)), mode)).text
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
        ("f(<cursor>)", "g(x)", "g(x)"),
        ("a[<cursor>]", "xs[0]", "xs[0]"),
        ("if (<cursor>) {", "ok() && !done()", "ok() && !done()"),
        ("console.log(<cursor>)", "x);", "x"),
        ("const {<cursor>} = require('x')", "a, b} = require('x');", "a, b"),
        ("f(g(<cursor>)", "x)", "x)"),
        ("function f() {<cursor>\n}", "\n    return 1;\n}", "\n    return 1;"),
        ("go(() => {<cursor>\n});", "\n  db(e => {\n    a();\n  });\n});", "\n  db(e => {\n    a();\n  });"),
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


BALANCED = st.recursive(
    st.sampled_from(["a", "a.b", ""]),
    lambda inner: st.builds("({}){}".format, inner, inner) | st.builds("a[{}]{}".format, inner, inner),
    max_leaves=6,
)


@given(BALANCED)
def test_a_balanced_answer_keeps_the_line_balanced(text: str) -> None:
    assert balanced("f(" + filtered("f(<cursor>)", text, Mode.LINE) + ")")


def balanced(text: str) -> bool:
    previous, text = "", "".join(char for char in text if char in "()[]")
    while previous != text:
        previous, text = text, text.replace("()", "").replace("[]", "")
    return not text


def test_a_block_that_the_token_limit_cuts_off_shows_whole_lines_only() -> None:
    model = ScriptedModel("\n    one = 1\n    two = some_function(another, third, fourth)\n")
    outcome = complete(at_cursor("if a:<cursor>\n"), model, CompletionSettings(max_new_tokens=14), CancellationToken())
    assert outcome.completion.text == "\n    one = 1"


def test_a_character_of_several_tokens_counts_them_all() -> None:
    said = Generated("ab，", (2, 3, 3, 3), tuple(map(math.log, (0.99, 0.9, 0.05, 0.05))), None)
    assert shown_part(said, Mode.LINE, 0.5).text == "ab"


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
    assert shown.text == "a.b"
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
    assert shown.text == "ab"
    assert shown.confidence == pytest.approx(0.72)


def test_a_block_is_cut_at_a_line_end() -> None:
    said = answer("aa\nbb\ncc", [0.99, 0.99, 0.99, 0.99, 0.3], end=0.9, mode=Mode.BLOCK)
    assert shown_part(said, Mode.BLOCK, 0.6).text == "aa\nbb"


def test_a_single_sign_is_not_worth_showing() -> None:
    assert shown_part(answer(")", [0.99], end=0.99), Mode.LINE, 0.6).text == ""
