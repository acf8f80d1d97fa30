"""What the daemon does with a translation before it is shown, done here too: checked, and repaired once.

The compiler sees the program, for the imports that the benchmark adds; its tests are not run, and a model is told only
what the compiler says.
"""

from __future__ import annotations

from engine.assist.checks import parse_fault
from engine.assist.wording import say
from engine.evaluate.humaneval_x.completion import Completion
from engine.evaluate.humaneval_x.problems import Problem
from engine.evaluate.humaneval_x.programs import assemble_program
from engine.evaluate.humaneval_x.questions import Question
from engine.evaluate.humaneval_x.toolchains import Toolchain
from engine.model import protocol
from engine.model.protocol import LanguageModel
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.sandbox.compilers import compile_check
from engine.sandbox.sandbox import Sandbox
from engine.types import CancellationToken, Sampling


def fault_in(problem: Problem, completion: Completion, toolchain: Toolchain, sandbox: Sandbox) -> str:
    """What its grammar or its compiler says against a translation; "" where they take it."""
    code = completion.before + completion.code
    if fault := parse_fault(problem.language, code, "en"):
        return fault.message
    if toolchain.compile:
        message = toolchain.compile_fault(sandbox, assemble_program(problem, completion, toolchain.absent))
        name = toolchain.version
    else:
        verdict = compile_check(problem.language.id, code)
        name, message = verdict.compiler, verdict.fault
    return say("does_not_compile", "en", compiler=name, message=message) if message else ""


def ask_again(
    model: LanguageModel, question: Question, said: str, fault: str, max_new_tokens: int, sampling: Sampling
) -> str:
    """The model's second answer, given with the first and its fault; the first where there is no room for another."""
    turns = (*question.turns, Turn("assistant", said), Turn("user", say("repair", "en", fault=fault)))
    tokens = encode(model.tokenizer, chat_parts(model.description, turns))
    room = min(max_new_tokens, model.description.context_length - len(tokens))
    if room <= 0:
        return said
    asked = protocol.Question(tokens, room, question.stop, sampling)
    return model.generate(asked, CancellationToken()).text
