"""The pipeline: a source with a cursor, what the model says, what the editor shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.completion.pipeline import Completer
from engine.document import Cursor, Document
from engine.types import CancellationToken, Cancelled, CompletionRequest, CompletionSettings, EngineError, Mode, Outcome
from tests.scripted import DESCRIPTION, ScriptedModel, at_cursor


def run(request: CompletionRequest, model: ScriptedModel, **settings: object) -> Outcome:
    completer = Completer(model, CompletionSettings(**settings))  # type: ignore[arg-type]
    return completer.complete(request, CancellationToken())


@pytest.mark.parametrize(
    ("source", "says", "shows"),
    [
        ("total = sum(<cursor>\n", "values)", "values)"),
        ("total = sum(<cursor>)\n", "values)", "values"),
        ("total = <cursor>\n", "price * count\nprint(total)\n", "price * count"),
        ("def area(self):\n    <cursor>\n", "return self.w * self.h", "return self.w * self.h"),
        ("for x in xs:<cursor>\n", "\n    print(x)\n", "\n    print(x)"),
        ("def f():\n    <cursor>\n", "a = 1\n    return a\n\ndef g():\n", "a = 1\n    return a"),
    ],
    ids=["the rest of a line", "a bracket that is there", "one line", "in a body", "a block", "the block's end"],
)
def test_what_is_shown(source: str, says: str, shows: str) -> None:
    outcome = run(at_cursor(source), ScriptedModel(says))
    assert outcome.completion is not None, outcome.silence
    assert outcome.completion.text == shows


@pytest.mark.parametrize(
    ("source", "says", "reason"),
    [
        ("x = <cursor>\n", "", "nothing to add"),
        ("x = <cursor>\n", "  \n", "nothing to add"),
        ("<cursor>\n", "import os", "empty"),
        ("a = 1\n<cursor>\nb = 2\n", "b = 2", "line below"),
        ("a = 1\n<cursor>\n", "a = 1", "line above"),
    ],
)
def test_why_nothing_is_shown(source: str, says: str, reason: str) -> None:
    outcome = run(at_cursor(source), ScriptedModel(says))
    assert outcome.completion is None
    assert reason in outcome.silence


def test_a_model_that_is_not_sure_is_silent() -> None:
    outcome = run(at_cursor("x = <cursor>\n"), ScriptedModel("value", probability=0.3))
    assert outcome.completion is None
    assert outcome.silence == "confidence 0.09 is below the threshold 0.50"


def test_the_user_may_ask_for_more_or_less() -> None:
    model = ScriptedModel("value", probability=0.3)
    assert run(at_cursor("x = <cursor>\n"), model, confidence=0.05).completion
    assert not run(at_cursor("x = <cursor>\n"), ScriptedModel("value", 0.8), confidence=0.9).completion


def test_a_completion_model_without_infilling_gets_the_prefix_alone() -> None:
    description = replace(DESCRIPTION, capabilities=frozenset({"complete"}), template="prefix")
    model = ScriptedModel("value", description=description)
    run(at_cursor("x = <cursor>\ny = 2\n"), model)
    assert model.prompts == ["# language: Python\nx = "]


def test_a_model_that_cannot_complete_is_refused_with_its_name() -> None:
    model = ScriptedModel("value", description=replace(DESCRIPTION, capabilities=frozenset({"chat"})))
    with pytest.raises(EngineError, match="scripted does not complete code"):
        run(at_cursor("x = <cursor>\n"), model)


def test_a_cancelled_request_does_no_work() -> None:
    token, model = CancellationToken(), ScriptedModel("value")
    token.cancel()
    with pytest.raises(Cancelled):
        Completer(model, CompletionSettings()).complete(at_cursor("x = <cursor>\n"), token)
    assert model.prompts == []


def test_an_offset_past_the_end_is_the_end() -> None:
    request = CompletionRequest(Cursor(Document("a.py", "python", "x = "), 10_000))
    assert run(request, ScriptedModel("value")).completion


def test_the_outcome_is_a_receipt() -> None:
    request = at_cursor("paint(frame, <cursor>\n", paint_dot_py="def paint(frame, wheels):\n    return frame\n")
    outcome = run(request, ScriptedModel("wheels)"))
    assert [use.snippet.path for use in outcome.prompt.used] == ["paint.py"]
    assert list(outcome.stages_ms) == ["context", "prompt", "wait", "prefill", "decode", "post-process"]
    assert outcome.prompt.mode is Mode.LINE


def test_context_can_be_turned_off() -> None:
    request = at_cursor("paint(frame, <cursor>\n", paint_dot_py="def paint(frame, wheels):\n    return frame\n")
    assert not run(request, ScriptedModel("wheels)"), use_context=False).prompt.used


def test_an_answer_that_nobody_will_be_shown_is_given_up() -> None:
    outcome = run(at_cursor("paint(<cursor>\n"), ScriptedModel("frame, wheels, saddle)", probability=0.3))
    assert outcome.completion is None
    assert outcome.generated.text == "frame,"
