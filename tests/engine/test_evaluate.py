from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.evaluate.accuracy import ModelAnswer, calibrate, collect_answers, is_right, score
from engine.evaluate.positions import Position, draw_positions
from engine.evaluate.typing import type_lines
from engine.types import CompletionSettings, Mode
from tests.scripted import ScriptedModel, answer, at_cursor


def position(source: str, rest: str, below: str = "\n") -> Position:
    return Position(at_cursor(source), rest, below, at_line_start=False)


def said(rest: str, text: str, probability: float) -> ModelAnswer:
    return ModelAnswer(position("x = <cursor>\n", rest), answer(text, [probability], end=probability), Mode.LINE)


def test_positions_lack_the_rest_of_their_line_only(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("def f(value):\n    return value\n\n}\n")
    for place in draw_positions([(file, "python")], tmp_path, 40, 0.5, random.Random(1)):
        document, cursor = place.request.cursor.document, place.request.cursor.offset
        whole = document.text[:cursor] + place.rest_of_line + document.text[cursor:]
        assert whole == file.read_text()
        assert "\n" not in place.rest_of_line
        assert len(place.rest_of_line) > 0


def test_what_stands_behind_the_cursor_may_stay(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("value = call(one, two)\n")
    for rest, behind in (("kept", "two)\n"), ("closed", ")\n"), ("removed", "\n")):
        (place,) = draw_positions([(file, "python")], tmp_path, 1, 0.0, random.Random(1), rest)
        document, cursor = place.request.cursor.document, place.request.cursor.offset
        assert document.text[cursor:].endswith(behind)
        assert document.text[:cursor] + place.rest_of_line + document.text[cursor:] == file.read_text()


def test_right_and_exact_are_different_things() -> None:
    answers = [said("name", "name", 0.9), said("name_of(x)", "name_of", 0.9), said("other", "wrong", 0.9)]
    found = score(answers, 0.5)
    assert (found.shown, found.right, found.exact) == (1.0, pytest.approx(2 / 3), pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("text", "truth", "right"),
    [("name", "name = 1", True), ("name", "name_of = 1", False), ("name(", "name(x)", True), ("nam", "other", False)],
)
def test_half_a_word_is_not_right(text: str, truth: str, right: bool) -> None:
    assert is_right(text, truth) is right


def test_whole_answers_only_are_never_cut() -> None:
    unsure_tail = ModelAnswer(
        position("x = <cursor>\n", "name, other"), answer("name, other", [0.9, 0.9, 0.9, 0.2], end=0.9), Mode.LINE
    )
    assert score([unsure_tail], 0.5).shown == 1
    assert score([unsure_tail], 0.5, whole_only=True).shown == 0
    assert score([unsure_tail], 0.1, whole_only=True).exact == 1


def test_a_threshold_shows_less_and_is_right_more_often() -> None:
    answers = [said("name", "name", 0.9)] * 30 + [said("other", "wrong", 0.6)] * 30
    assert score(answers, 0.1).right == 0.5
    chosen = calibrate(answers, 0.8, [0.1, 0.3, 0.5, 0.7])
    assert (chosen.threshold, chosen.right, chosen.shown) == (0.5, 1.0, 0.5)


def test_calibration_asks_for_proof() -> None:
    answers = [said("name", "name", 0.9)] * 3 + [said("other", "wrong", 0.6)] * 90
    assert calibrate(answers, 0.8, [0.1, 0.5, 0.7]).threshold == 0.7


def test_asking_uses_the_pipeline() -> None:
    model = ScriptedModel("name")
    (found,) = collect_answers(model, [position("x = <cursor>\n", "name")])
    assert found.generated.text == "name"
    assert "x = <|code_middle|>" in model.prompts[0]


def test_typing_takes_what_is_right_and_types_the_rest() -> None:
    typed = type_lines(ScriptedModel("name"), [position("x = <cursor>\n", "name")], CompletionSettings())
    assert (typed.chars, typed.keys, typed.accepted) == (4, 1, 1)
    assert typed.saved_per_1000 == 750
    typed = type_lines(ScriptedModel("wrong"), [position("x = <cursor>\n", "name")], CompletionSettings())
    assert (typed.keys, typed.accepted, typed.wrong) == (4, 0, 4)
