"""Whole runs, in Python only, with a scripted model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.evaluate.humaneval_x import toolchains
from engine.evaluate.humaneval_x.journal import Journal, Sample
from engine.evaluate.humaneval_x.problems import Task
from engine.evaluate.humaneval_x.run import LanguageResult, Plan, RunListener, Workplace, run, run_configuration
from engine.model.protocol import LanguageModel
from engine.sandbox.sandbox import Sandbox
from engine.types import EngineError, Sampling
from tests.engine.assist.speaking import ChatModel
from tests.engine.evaluate.small_problems import JS, PYTHON, write_problems
from tests.scripted import DESCRIPTION, ScriptedModel

PLAN = Plan(Task.GENERATE, ("python",))
DRAWN = replace(PLAN, samples=2, sampling=Sampling(temperature=0.8, top_p=0.95, seed=5))
OTHER = replace(PYTHON, task_id="Python/1", canonical_solution="    return 3 * n\n")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with closing(Sandbox(accept_no_isolation=True)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which each program would import."""
    find = toolchains._FIND["python"]
    monkeypatch.setitem(toolchains._FIND, "python", lambda *folders: find(*folders).fallback)


def evaluate(
    sandbox: Sandbox,
    folder: Path,
    plan: Plan = PLAN,
    model: LanguageModel | None = None,
    listener: RunListener | None = None,
) -> tuple[LanguageResult, ...]:
    write_problems(folder, PYTHON, OTHER)
    plan = plan if model is not None else replace(plan, reference=True)
    journal = Journal(folder / "out.json", run_configuration(plan, model, sandbox.isolation))
    return run(plan, Workplace(folder, folder, sandbox, jobs=2), model, journal, listener or RunListener())


def test_reference_solutions(sandbox: Sandbox, tmp_path: Path) -> None:
    (result,) = evaluate(sandbox, tmp_path)
    assert (result.problems, result.samples, result.passed, result.pass_at) == (2, 2, 1, {1: 0.5})
    assert [(miss.task_id, miss.verdict) for miss in result.misses] == [("Python/1", "failed")]
    assert "AssertionError" in result.misses[0].message


@pytest.mark.parametrize(("repairs", "passed"), [(True, 1), (False, 0)])
def test_a_translation_that_does_not_parse_is_repaired(
    sandbox: Sandbox, tmp_path: Path, repairs: bool, passed: int
) -> None:
    model = ChatModel(
        "```python\ndef double(n: int) -> int:\n    return (2 * n\n```", "```python\n    return 2 * n\n```"
    )
    write_problems(tmp_path, JS)
    plan = Plan(Task.TRANSLATE, ("python",), source="js", limit=1, repairs=repairs)
    (result,) = evaluate(sandbox, tmp_path, plan, model)
    assert result.passed == passed
    assert len(model.prompts) == 1 + repairs
    assert ("is not valid Python" in model.prompts[-1]) == repairs


def test_a_model_that_continues(sandbox: Sandbox, tmp_path: Path) -> None:
    model = ScriptedModel("    return 2 * n\n\n\nprint('more')\n")
    (result,) = evaluate(sandbox, tmp_path, DRAWN, model)
    assert (result.samples, result.passed, result.pass_at) == (4, 4, {1: 1.0})
    assert {s.temperature for s in model.samplings} == {0.8}
    sample = json.loads((tmp_path / "out.json").read_text())["samples"][0]
    assert sample["program"].count("return 2 * n") == 1
    assert sample["answer"].startswith("    return 2 * n\n")
    assert "print('more')" not in sample["program"]


def test_a_model_that_answers_in_a_fence(sandbox: Sandbox, tmp_path: Path) -> None:
    chat = replace(DESCRIPTION, capabilities=frozenset({"chat"}), chat_template="glm")
    model = ScriptedModel("Sure.\n```python\ndef double(k):\n    return k + k\n```\n", description=chat)
    assert evaluate(sandbox, tmp_path, PLAN, model)[0].passed == 2


def test_an_interrupted_run_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    def interrupt(_sample: Sample) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(sandbox, tmp_path, DRAWN, ScriptedModel("    return 2 * n\n"), RunListener(on_sample=interrupt))
    done = len((tmp_path / "out.json.part").read_text().split()) > 0
    assert done
    assert not (tmp_path / "out.json").exists()
    model, begun = ScriptedModel("    return 3 * n\n"), []
    (result,) = evaluate(sandbox, tmp_path, DRAWN, model, RunListener(on_start=lambda *counts: begun.append(counts)))
    ((total, before),) = begun
    assert (total, result.samples, len(model.prompts)) == (4, 4, 4 - before)
    assert result.passed == before > 0
    assert {sampling.seed for sampling in model.samplings} <= {5 + before}


def test_a_finished_run_asks_nothing_more(sandbox: Sandbox, tmp_path: Path) -> None:
    first = evaluate(sandbox, tmp_path, PLAN, ScriptedModel("    return 2 * n\n"))
    model = ScriptedModel("    return 3 * n\n")
    assert evaluate(sandbox, tmp_path, PLAN, model) == first
    assert model.prompts == []


def test_a_question_too_long_for_the_model_fails(sandbox: Sandbox, tmp_path: Path) -> None:
    model = ScriptedModel("    return 2 * n\n", description=replace(DESCRIPTION, context_length=70))
    (result,) = evaluate(sandbox, tmp_path, PLAN, model)
    assert (result.passed, result.verdicts) == (0, {"too long a prompt": 2})


def test_a_language_without_toolchain_is_reported(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.sandbox.tools.shutil.which", lambda _: None)
    write_problems(tmp_path, replace(PYTHON, name="go", task_id="Go/0"))
    python, go = evaluate(sandbox, tmp_path, replace(PLAN, languages=("python", "go")))
    assert (python.not_run, python.passed) == ("", 1)
    assert (go.not_run, go.samples) == ("no go compiler", 0)


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (replace(PLAN, samples=2), "greedy decoding would all be the same"),
        (replace(PLAN, samples=2, reference=True), "one reference solution"),
        (replace(PLAN, task=Task.TRANSLATE), "python cannot be translated into itself"),
    ],
)
def test_plans_that_make_no_sense(plan: Plan, why: str) -> None:
    with pytest.raises(EngineError, match=why):
        plan.check()
    replace(plan, samples=1, source="js").check()
