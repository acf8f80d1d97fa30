"""Several answers: what the model could have answered instead."""

from __future__ import annotations

import math

from engine.completion.candidates import find_branches
from engine.completion.pipeline import Completer
from engine.generated import Generated
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.types import CancellationToken, CompletionSettings, Mode
from tests.scripted import ScriptedModel, at_cursor


def candidates(model: ScriptedModel | CTranslateModel, source: str, count: int = 3) -> list[str]:
    shown = []
    Completer(model, CompletionSettings()).complete_candidates(
        at_cursor(source), CancellationToken(), count, shown.append
    )
    return [outcome.completion.text if outcome.completion else outcome.silence for outcome in shown]


def test_the_most_probable_comes_first_then_the_turns_it_could_have_taken() -> None:
    model = ScriptedModel("wheels)", instead=["frame)", "saddle, bell)"])
    assert candidates(model, "paint(<cursor>\n") == ["wheels)", "frame)", "saddle, bell)"]


def test_no_more_than_were_asked_for() -> None:
    model = ScriptedModel("wheels)", instead=["frame)", "saddle)", "bell)"])
    assert candidates(model, "paint(<cursor>\n", count=2) == ["wheels)", "frame)"]


def test_an_answer_that_is_not_sure_is_shown_to_who_asks() -> None:
    assert candidates(ScriptedModel("wheels)", probability=0.2), "paint(<cursor>\n") == ["wheels)"]


def test_nothing_has_a_reason() -> None:
    assert candidates(ScriptedModel(""), "paint(<cursor>\n") == ["the model has nothing to add here"]


def test_turns_are_weighed_with_what_leads_to_them() -> None:
    """The second place's alternative is likelier than the first's, but for the first token's own probability."""
    generated = Generated(
        "ab",
        (1, 2),
        (math.log(0.9), math.log(0.5)),
        tokens=(1, 2),
        alternatives=(((3, math.log(0.1)),), ((4, math.log(0.4)),)),
    )
    found = find_branches(generated, lambda ids: "abcd"[ids[0] - 1])
    assert [(each.index, each.token, round(each.probability, 2)) for each in found] == [(1, 4, 0.36), (0, 3, 0.1)]


def test_white_space_is_no_turn() -> None:
    generated = Generated("a", (1,), (-0.1,), tokens=(1,), alternatives=(((2, -2.0), (3, -3.0)),))
    assert find_branches(generated, lambda ids: {1: "a", 2: " a", 3: "  "}[ids[0]]) == []


def test_the_embedded_model_gives_three_that_differ() -> None:
    model = CTranslateModel(find_model("embedded"), "cpu", 1)
    source = "def area(width, height):\n    return <cursor>\n"
    shown = candidates(model, source)
    assert len(set(shown)) == len(shown) == 3
    assert all(text and "\n" not in text for text in shown)
    assert at_cursor(source).mode in {None, Mode.LINE}
