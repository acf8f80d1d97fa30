"""What enters a prompt, and what is dropped and named."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.assist.fit import AssistPrompt, fit
from engine.assist.gather import Gathered
from engine.assist.tasks import AssistRequest, AssistSettings, AssistTask, Reference
from engine.prompt.chat import Turn
from engine.prompt.system_prompts import Task, system_prompt
from engine.types import EngineError
from tests.engine.assist.speaking import CODEGEEX4, asked
from tests.engine.checkpoints import converted
from tests.scripted import WordTokenizer

LONG = "\n".join(f"value_{n} = {n}" for n in range(2000))


def reference(name: str, text: str = "x = 1\n", *, explicit: bool = False) -> Reference:
    return Reference(f"{name}.py", 0, text.count("\n") + 1, text, "python", "open", may_be_cut=explicit)


def fitted(request: AssistRequest, *references: Reference, code: str = "", room: int = 1000) -> AssistPrompt:
    small = replace(CODEGEEX4, context_length=room + 200)
    return fit(request, Gathered(references), code, small, WordTokenizer(), AssistSettings(room, 200))


def test_a_question_as_codegeex4_was_trained() -> None:
    prompt = fitted(AssistRequest(AssistTask.ASK, question="Why?"), reference("a", "a = 1"))
    system, user = prompt.turns
    assert system == Turn("system", system_prompt(Task.CHAT))
    assert user == Turn("user", "###PATH: a.py\na = 1\nWhy?")


def test_other_models_are_asked_in_plain_words() -> None:
    qwen = converted("Qwen2.5-Coder-1.5B-Instruct")
    request = asked(AssistTask.EXPLAIN, "x = 1", words="zh")
    (turn,) = fit(request, Gathered((reference("a"),)), "x = 1", qwen, WordTokenizer(), AssistSettings()).turns
    assert turn.text.startswith("a.py, 1-2:\n```python\nx = 1\n```\n```python\nx = 1\n```\n请解释这段 Python 代码")


def test_the_least_useful_is_dropped_and_named() -> None:
    prompt = fitted(AssistRequest(AssistTask.ASK, question="Why?"), reference("first"), reference("second", LONG))
    assert [used.path for used in prompt.used] == ["first.py"]
    assert prompt.notices == ("Left out because of their length: second.py.",)


def test_what_was_mentioned_is_shown_in_part() -> None:
    prompt = fitted(AssistRequest(AssistTask.ASK, question="Why?"), reference("big", LONG, explicit=True))
    (used,) = prompt.used
    assert LONG.startswith(used.text)
    assert 10 < used.end_line < 400
    assert prompt.notices == (f"Only lines 1–{used.end_line} of big.py are included, because of its length.",)


def test_the_oldest_turns_are_dropped_and_counted() -> None:
    history = tuple(
        turn
        for n in range(30)
        for turn in (Turn("user", f"question {n} " * 10), Turn("assistant", f"answer {n} " * 10))
    )
    prompt = fitted(AssistRequest(AssistTask.ASK, question="And?", history=history))
    assert prompt.turns[-3:] == (*history[-2:], Turn("user", "And?"))
    (notice,) = prompt.notices
    dropped = int(re.findall(r"\d+", notice)[0])
    assert dropped == 30 - (len(prompt.turns) - 2) // 2


@pytest.mark.parametrize("size", [0, 1, 10, 100, 1000])
def test_a_prompt_never_exceeds_its_budget(size: int) -> None:
    references = [reference(f"file{n}", LONG[: n * size], explicit=n % 2 == 0) for n in range(12)]
    history = (Turn("user", LONG[:size]), Turn("assistant", LONG[:size]))
    prompt = fitted(AssistRequest(AssistTask.ASK, question="Why?", history=history), *references)
    assert len(prompt.tokens) <= 1000


def test_an_explanation_of_a_long_file_sees_its_beginning() -> None:
    prompt = fitted(asked(AssistTask.EXPLAIN, LONG), code=LONG)
    assert "value_0 = 0" in prompt.turns[-1].text
    assert prompt.notices[0].startswith("Only lines 1–")


@pytest.mark.parametrize("task", [AssistTask.FIX, AssistTask.COMMENT, AssistTask.TRANSLATE])
@pytest.mark.parametrize("text", [LONG, "x" * 10_000_000], ids=["2000 lines", "10 MB"])
def test_what_must_be_answered_whole_is_refused_when_too_long(task: AssistTask, text: str) -> None:
    with pytest.raises(EngineError, match=r"too many for the model .*Select less"):
        fitted(asked(task, "x = 1", target="java"), code=text)


def test_ten_megabytes_to_explain_are_cut_not_read() -> None:
    prompt = fitted(asked(AssistTask.EXPLAIN, "x"), code="word = 1\n" * 1_100_000)
    assert len(prompt.tokens) <= 1000


@pytest.mark.parametrize("task", [AssistTask.EXPLAIN, AssistTask.TESTS, AssistTask.COMMIT])
def test_one_line_that_is_too_long_is_refused_not_explained_unseen(task: AssistTask) -> None:
    line = "x = 1; " * 1_000_000
    with pytest.raises(EngineError, match=r"too many for the model .*Select less"):
        fitted(replace(asked(task, "x"), diff=line), code=line)
