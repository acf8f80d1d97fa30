"""What the end of a program means."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from engine.sandbox.sandbox import StageResult

SHOWN_CHARS = 1_000  # of each end of a long output


class Verdict(Enum):
    PASSED = "passed"
    FAILED = "failed"
    COMPILE_ERROR = "compile error"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    TOO_MUCH_OUTPUT = "too much output"
    TOO_LONG = "too long a prompt"  # longer than the model's context: there is no program


_STOPPED = {"time": Verdict.TIMED_OUT, "memory": Verdict.OUT_OF_MEMORY, "output": Verdict.TOO_MUCH_OUTPUT}


@dataclass(frozen=True)
class Proof:
    """How the last stage of a language's programs ends if the tests passed: with `exit_code`, and with `output` in
    its output, or with no output at all if `silent`.
    """

    exit_code: int = 0
    output: str = ""
    silent: bool = False


def judge(results: Sequence[StageResult], stages: int, proof: Proof) -> tuple[Verdict, str]:
    """Return the verdict on a program of `stages` stages, and the message it rests on; "" for one that passed."""
    last = results[-1]
    if last.stopped:
        return _STOPPED[last.stopped], shorten(last.output)
    if last.signal == signal.SIGXCPU:
        return Verdict.TIMED_OUT, shorten(last.output)
    message = shorten(last.output) or (f"signal {last.signal}" if last.signal else f"exit code {last.exit_code}")
    if len(results) < stages:
        return Verdict.COMPILE_ERROR, message
    if last.exit_code == 0 != proof.exit_code:
        return Verdict.FAILED, f"it ended before its tests did\n{shorten(last.output)}".strip()
    if last.exit_code != proof.exit_code:
        return Verdict.FAILED, message
    if proof.silent and last.output:
        return Verdict.FAILED, message
    if proof.output not in last.output:
        return Verdict.FAILED, f"it ended without {proof.output!r}\n{shorten(last.output)}".strip()
    return Verdict.PASSED, ""


def shorten(output: str) -> str:
    """Return both ends of a long text."""
    output = output.strip()
    if len(output) <= 2 * SHOWN_CHARS:
        return output
    return f"{output[:SHOWN_CHARS]}\n[{len(output) - 2 * SHOWN_CHARS:,} characters]\n{output[-SHOWN_CHARS:]}"
