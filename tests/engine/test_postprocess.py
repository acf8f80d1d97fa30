"""Where an answer ends while it is decoded, and how much of it is shown. Filters have their own tests."""

from __future__ import annotations

import math

import pytest

from engine.completion.pipeline import Completer
from engine.document import Cursor
from engine.generated import Generated
from engine.postprocess import find_likely_part, stop_rule
from engine.postprocess.confidence import FEATURES, Estimator, LikelyPart, cut_points
from engine.types import CancellationToken, CompletionSettings, Mode
from tests.engine.golden import place
from tests.scripted import ScriptedModel, answer, at_cursor

NOWHERE = place("<cursor>").cursor


def part(generated: Generated, mode: Mode, threshold: float) -> LikelyPart:
    """What is shown by a model's own probabilities."""
    return find_likely_part(generated, mode, threshold, NOWHERE, {})


def test_a_block_that_the_token_limit_cuts_off_shows_whole_lines_only() -> None:
    model = ScriptedModel("\n    one = 1\n    two = some_function(another, third, fourth)\n")
    completer = Completer(model, CompletionSettings(max_new_tokens=14))
    outcome = completer.complete(at_cursor("if a:<cursor>\n"), CancellationToken())
    assert outcome.completion.text == "\n    one = 1"


def test_a_character_of_several_tokens_counts_them_all() -> None:
    generated = Generated("ab，", (2, 3, 3, 3), tuple(map(math.log, (0.99, 0.9, 0.05, 0.05))), None)
    assert part(generated, Mode.LINE, 0.5).text == "ab"


@pytest.mark.parametrize(
    ("mode", "prefix", "suffix", "text", "stops"),
    [
        (Mode.LINE, "x = ", "", "1", False),
        (Mode.LINE, "x = ", "", "1\n", True),
        (Mode.BLOCK, "def f():\n    ", "", "a\n    b", False),
        (Mode.BLOCK, "def f():\n    ", "", "a\nb", True),
        (Mode.BLOCK, "def f():", "", "\n    a\nb", True),
        (Mode.BLOCK, "if a:", "", "\n    a\nelse", False),
        (Mode.BLOCK, "x = [\n    ", "", "1,\n]", False),
        (Mode.BLOCK, "", "\nend()\n", "a\nend()\n", True),
        (Mode.BLOCK, "", "", "a\na\na\na", True),
        (Mode.BLOCK, "", "", "a\n" * 20, True),
    ],
)
def test_stop_rules(mode: Mode, prefix: str, suffix: str, text: str, stops: bool) -> None:
    assert stop_rule(mode, Cursor.between(prefix, suffix))(text) is stops


def test_a_sure_answer_is_shown_whole_with_the_end_counted() -> None:
    shown = part(answer("a.b", [0.9, 0.9, 0.9], end=0.9), Mode.LINE, 0.6)
    assert shown.text == "a.b"
    assert shown.confidence == pytest.approx(0.9**4)


def test_an_unsure_tail_is_cut_at_a_word() -> None:
    generated = answer("name, count_of", [0.95, 0.95, 0.95, 0.1], end=0.9)
    assert part(generated, Mode.LINE, 0.6).text.rstrip() == "name,"


def test_an_unsure_beginning_shows_nothing() -> None:
    shown = part(answer("name", [0.2], end=0.9), Mode.LINE, 0.6)
    assert shown.text == ""
    assert shown.confidence == pytest.approx(0.18)


def test_the_token_that_ends_the_line_counts_as_the_end() -> None:
    shown = part(answer("ab\n", [0.9, 0.8], end=None), Mode.LINE, 0.6)
    assert shown.text == "ab"
    assert shown.confidence == pytest.approx(0.72)


def test_a_block_is_cut_at_a_line_end() -> None:
    generated = answer("aa\nbb\ncc", [0.99, 0.99, 0.99, 0.99, 0.3], end=0.9, mode=Mode.BLOCK)
    assert part(generated, Mode.BLOCK, 0.6).text == "aa\nbb"


def test_a_single_sign_is_not_worth_showing() -> None:
    assert part(answer(")", [0.99], end=0.99), Mode.LINE, 0.6).text == ""


def features(source: str, generated: Generated, mode: Mode = Mode.LINE) -> dict[str, float]:
    """The features of the longest part."""
    *_, point = cut_points(generated, mode)
    return dict(zip(FEATURES, Estimator(place(source).cursor, mode, {}).features(point), strict=True))


def test_signs_tell_what_speaks_for_a_text() -> None:
    found = features("total_price = 1\nx = total_<cursor>\n", answer("price", [0.9], end=0.9))
    assert (found["inside_word"], found["words_seen"], found["words_unknown"]) == (1, 1, 0)
    assert found["log_prob"] == pytest.approx(2 * math.log(0.9))
    assert (found["ended"], found["line_is_empty"], found["digits"], found["first_word_seen"]) == (1, 0, 0, 1)


def test_signs_tell_what_speaks_against_it() -> None:
    found = features("x = 1\n<cursor>", answer("zork9", [0.4], end=0.9))
    assert (found["words_unknown"], found["digits"], found["line_is_empty"], found["first_word_seen"]) == (1, 1, 1, 0)


def test_weights_make_the_probability() -> None:
    (point,) = cut_points(answer("name", [0.5], end=0.5), Mode.LINE)
    assert Estimator(NOWHERE, Mode.LINE, {}).probability(point) == pytest.approx(0.25)
    assert Estimator(NOWHERE, Mode.LINE, {"one": 2.0}).probability(point) == pytest.approx(1 / (1 + math.exp(-2)))
    assert Estimator(NOWHERE, Mode.LINE, {"one": 2.0, "words_unknown": -9.0}).probability(point) < 0.01


def test_what_the_weights_doubt_is_cut_where_they_do() -> None:
    generated = answer("known zork", [0.9, 0.9, 0.9], end=0.9)
    cursor = place("known = 1\n<cursor>").cursor
    shown = find_likely_part(generated, Mode.LINE, 0.5, cursor, {"one": 1.0, "words_unknown": -9.0})
    assert shown.text.strip() == "known"
