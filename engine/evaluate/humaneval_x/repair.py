"""Repairs a translation as the daemon does: checked before it is shown, and repaired once.

The compiler is given the program, for the imports that the benchmark adds. Its tests are not run, and the model is
given only the compiler's message.
"""

from __future__ import annotations

from engine.assist.checks import parse_fault
from engine.assist.wording import sentence
from engine.evaluate.humaneval_x.problems import Problem
from engine.evaluate.humaneval_x.programs import assemble_program
from engine.evaluate.humaneval_x.questions import Question
from engine.evaluate.humaneval_x.solution import Solution
from engine.evaluate.humaneval_x.toolchains import Toolchain
from engine.model import protocol
from engine.model.protocol import LanguageModel
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.sandbox.compilers import compile_check
from engine.sandbox.sandbox import Sandbox
from engine.types import CancellationToken, Sampling


def find_fault(problem: Problem, completion: Solution, toolchain: Toolchain, sandbox: Sandbox) -> str:
    """Return the fault that the grammar or the compiler finds in a translation, or ""."""
    code = completion.before + completion.code
    if fault := parse_fault(problem.language, code, "en"):
        return fault.message
    if toolchain.compile:
        message = toolchain.compile_fault(sandbox, assemble_program(problem, completion, toolchain.absent))
        name = toolchain.version
    else:
        verdict = compile_check(problem.language.id, code)
        name, message = verdict.compiler, verdict.fault
    return sentence("does_not_compile", "en", compiler=name, message=message) if message else ""


def request_repair(
    model: LanguageModel, question: Question, answer: str, fault: str, max_new_tokens: int, sampling: Sampling
) -> str:
    """Return the model's second answer, given the first and its fault; or the first if there is no room for another."""
    turns = (*question.turns, Turn("assistant", answer), Turn("user", sentence("repair", "en", fault=fault)))
    tokens = encode(model.tokenizer, chat_parts(model.description, turns))
    room = min(max_new_tokens, model.description.context_length - len(tokens))
    if room <= 0:
        return answer
    request = protocol.Question(tokens, room, question.stop, sampling)
    return model.generate(request, CancellationToken()).text
