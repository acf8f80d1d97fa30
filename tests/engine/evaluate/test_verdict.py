from __future__ import annotations

import signal

import pytest

from engine.evaluate.humaneval_x.verdict import SHOWN_CHARS, Proof, Verdict, judge, shorten
from engine.sandbox.sandbox import StageResult


def ended(exit_code: int | None = 0, output: str = "", stopped: str = "", number: int | None = None) -> StageResult:
    return StageResult(exit_code, number, stopped, output, 0.1, 0.1)


@pytest.mark.parametrize(
    ("last", "proof", "verdict"),
    [
        (ended(), Proof(), Verdict.PASSED),
        (ended(1, "AssertionError"), Proof(), Verdict.FAILED),
        (ended(None, number=signal.SIGSEGV), Proof(), Verdict.FAILED),
        (ended(None, number=signal.SIGXCPU), Proof(), Verdict.TIMED_OUT),
        (ended(None, stopped="time", number=9), Proof(), Verdict.TIMED_OUT),
        (ended(None, stopped="memory", number=9), Proof(), Verdict.OUT_OF_MEMORY),
        (ended(None, stopped="output", number=9), Proof(), Verdict.TOO_MUCH_OUTPUT),
        (ended(86), Proof(exit_code=86), Verdict.PASSED),
        (ended(0), Proof(exit_code=86), Verdict.FAILED),
        (ended(86, "Assertion failed"), Proof(exit_code=86, silent=True), Verdict.FAILED),
        (ended(0, "ok. 1 passed"), Proof(output="1 passed"), Verdict.PASSED),
        (ended(0, ""), Proof(output="1 passed"), Verdict.FAILED),
    ],
)
def test_how_a_program_ended(last: StageResult, proof: Proof, verdict: Verdict) -> None:
    assert judge([ended(), last], 2, proof)[0] is verdict
    assert bool(judge([ended(), last], 2, proof)[1]) is (verdict is Verdict.FAILED)


def test_a_program_that_was_never_run() -> None:
    assert judge([ended(1, "error: expected ;")], 2, Proof()) == (Verdict.COMPILE_ERROR, "error: expected ;")
    assert judge([ended(None, stopped="time", number=9)], 2, Proof())[0] is Verdict.TIMED_OUT


def test_a_long_message_keeps_both_ends() -> None:
    assert shorten("a" + "x" * 10 * SHOWN_CHARS + "b").startswith("ax")
    assert shorten("a" + "x" * 10 * SHOWN_CHARS + "b").endswith("xb")
    assert len(shorten("x" * 10**6)) < 3 * SHOWN_CHARS
