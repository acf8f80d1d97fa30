"""One run of the benchmark: toolchains, solutions (a model's or the benchmark's own), programs, results."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine.evaluate.humaneval_x.journal import Journal, Sample
from engine.evaluate.humaneval_x.pass_at_k import mean_pass_at_k
from engine.evaluate.humaneval_x.problems import Problem, Task, read_problems
from engine.evaluate.humaneval_x.programs import assemble_program
from engine.evaluate.humaneval_x.questions import Question, Style, choose_style, ends_stripped, make_question
from engine.evaluate.humaneval_x.repair import find_fault, request_repair
from engine.evaluate.humaneval_x.solution import Solution
from engine.evaluate.humaneval_x.toolchains import Toolchain, find_toolchain
from engine.evaluate.humaneval_x.verdict import Verdict
from engine.model import protocol
from engine.model.protocol import LanguageModel
from engine.sandbox.sandbox import Isolation, Sandbox
from engine.sandbox.tools import Absent
from engine.types import GREEDY, CancellationToken, EngineError, Sampling

WAITING_PER_JOB = 4  # programs that may wait for a job, so that a fast model does not run far ahead


@dataclass(frozen=True)
class Plan:
    """What is evaluated. `limit` takes the first problems of each language; 0 takes all."""

    task: Task
    languages: tuple[str, ...]
    samples: int = 1
    source: str = "python"  # the language to translate from
    limit: int = 0
    reference: bool = False  # the benchmark's own solutions are tested, not a model's
    sampling: Sampling = GREEDY
    max_new_tokens: int = 512
    style: Style = Style.AUTO
    repairs: bool = True  # a chat model's translation is repaired once, as the daemon does it

    def check(self) -> None:
        """Raise `EngineError` if the parts do not fit together."""
        if self.samples > 1 and self.reference:
            raise EngineError("each problem has one reference solution: omit --samples")
        if self.samples > 1 and self.sampling.is_greedy:
            raise EngineError(f"{self.samples} samples of greedy decoding would all be the same: set --temperature")
        if self.task is Task.TRANSLATE and self.source in self.languages:
            raise EngineError(f"{self.source} cannot be translated into itself: remove it from --languages")


@dataclass(frozen=True)
class Workplace:
    """Where a run takes place."""

    data: Path  # the folder of the benchmark's files
    cache: Path  # the folder of what is built once for all programs of a language
    sandbox: Sandbox
    jobs: int  # programs at a time


@dataclass(frozen=True)
class LanguageResult:
    """The result of one language. `not_run` is the reason why there is none, or "". `verdicts` counts samples,
    `misses` holds those that failed.
    """

    language: str
    toolchain: str
    not_run: str
    problems: int = 0
    samples: int = 0
    passed: int = 0
    pass_at: Mapping[int, float] | None = None
    verdicts: Mapping[str, int] | None = None
    misses: tuple[Sample, ...] = ()


@dataclass
class RunListener:
    """Is notified of a run's progress."""

    on_status: Callable[[str], None] = lambda _: None
    on_start: Callable[[int, int], None] = lambda _total, _done: None  # counts of samples
    on_sample: Callable[[Sample], None] = lambda _: None  # from several threads


def run_configuration(plan: Plan, model: LanguageModel | None, isolation: Isolation) -> dict[str, Any]:
    """Return what makes two runs the same run."""
    answered_by = {
        "model": model.description.name,
        "model_files": model.description.facts.get("files", {}),
        "temperature": plan.sampling.temperature,
        "top_p": plan.sampling.top_p,
        "seed": plan.sampling.seed,
        "max_tokens": plan.max_new_tokens,
        "style": choose_style(model.description, plan.task, plan.style).value,
        **({"repairs": plan.repairs} if plan.task is Task.TRANSLATE else {}),
    } if model is not None else {"solutions": "reference"}  # fmt: skip
    if model is not None and plan.task is Task.GENERATE and answered_by["style"] == Style.CONTINUE.value:
        answered_by["prompt_end"] = "stripped" if ends_stripped(model.description) else "as published"
    source = {"source_language": plan.source} if plan.task is Task.TRANSLATE else {}
    return {
        "benchmark": "HumanEval-X",
        "task": plan.task.value,
        "languages": list(plan.languages),
        "samples": plan.samples,
        "limit": plan.limit,
        **source,
        **answered_by,
        "isolation": isolation.means,
    }


def run(
    plan: Plan, workplace: Workplace, model: LanguageModel | None, journal: Journal, listener: RunListener
) -> tuple[LanguageResult, ...]:
    """Run what the journal does not hold yet, and close it with the results.

    `model` None takes the reference solutions. Raises `EngineError`; whatever ends the run, the journal keeps what was
    done.
    """
    data, sandbox = workplace.data, workplace.sandbox
    results: tuple[LanguageResult, ...] | None = None
    try:
        problems = {name: _problems(data, name, plan.limit) for name in plan.languages}
        sources = {p.number: p for p in read_problems(data, plan.source)} if plan.task is Task.TRANSLATE else {}
        toolchains: dict[str, Toolchain | str] = {}
        for name in plan.languages:
            listener.on_status(f"checking the toolchain of {name}")
            try:
                toolchains[name] = find_toolchain(name, data, workplace.cache, sandbox)
            except Absent as why:
                toolchains[name] = str(why)
        todo = [
            (problem, toolchain, number)
            for name, toolchain in toolchains.items()
            if isinstance(toolchain, Toolchain)
            for problem in problems[name]
            for number in range(plan.samples)
            if (name, problem.task_id, number) not in journal
        ]
        done = len(journal.samples)
        listener.on_start(len(todo) + done, done)
        solve = _reference(plan.task) if model is None else _by_model(plan, model, sources, done, sandbox)
        _work(todo, solve, workplace, journal, listener)
        results = tuple(_result(name, toolchains[name], journal) for name in plan.languages)
    finally:
        journal.close(None if results is None else _table(results, sandbox.isolation))
    return results


# Returns a solution and the model's whole text, or None if the question was too long.
Solve = Callable[[Problem, Toolchain], tuple[Solution, str] | None]


def _reference(task: Task) -> Solve:
    return lambda problem, _: (Solution(problem.shown(task), problem.canonical_solution), "")


def _by_model(plan: Plan, model: LanguageModel, sources: Mapping[str, Problem], done: int, sandbox: Sandbox) -> Solve:
    description = model.description
    style = choose_style(description, plan.task, plan.style)
    # A resumed run must not draw the same random numbers again.
    seed = None if plan.sampling.seed is None else plan.sampling.seed + done
    sampling = replace(plan.sampling, seed=seed)
    questions: dict[str, Question | None] = {}  # of the current problem: its samples are consecutive

    def solve(problem: Problem, toolchain: Toolchain) -> tuple[Solution, str] | None:
        if problem.task_id not in questions:
            questions.clear()
            source = sources[problem.number] if plan.task is Task.TRANSLATE else None
            questions[problem.task_id] = make_question(description, model.tokenizer, plan.task, style, problem, source)
        question = questions[problem.task_id]
        if question is None:
            return None
        room = min(plan.max_new_tokens, description.context_length - len(question.tokens))
        request = protocol.Question(question.tokens, room, question.stop, sampling)
        generated = model.generate(request, CancellationToken())
        completion, text = question.read(generated.text), generated.text
        if plan.repairs and question.turns and (fault := find_fault(problem, completion, toolchain, sandbox)):
            text = request_repair(model, question, text, fault, plan.max_new_tokens, sampling)
            completion = question.read(text)
        return completion, text

    return solve


def _work(
    todo: list[tuple[Problem, Toolchain, int]],
    solve: Solve,
    workplace: Workplace,
    journal: Journal,
    listener: RunListener,
) -> None:
    """Solve in this thread, which owns the model, and test in others."""
    room = threading.Semaphore(workplace.jobs * WAITING_PER_JOB)
    failed = threading.Event()

    def finish(sample: Sample) -> None:
        journal.add(sample)
        listener.on_sample(sample)

    def test(problem: Problem, toolchain: Toolchain, number: int, completion: Solution, text: str) -> None:
        try:
            program = assemble_program(problem, completion, toolchain.absent)
            verdict, message = toolchain.test(workplace.sandbox, program)
            finish(Sample(problem.name, problem.task_id, number, verdict.value, message, text, program))
        except BaseException:
            failed.set()
            raise
        finally:
            room.release()

    futures: list[Future[None]] = []
    with ThreadPoolExecutor(workplace.jobs, thread_name_prefix="program") as pool:
        try:
            for problem, toolchain, number in todo:
                room.acquire()
                if failed.is_set():
                    break
                solved = solve(problem, toolchain)
                if solved is None:
                    finish(Sample(problem.name, problem.task_id, number, Verdict.TOO_LONG.value, "", "", ""))
                    room.release()
                    continue
                futures.append(pool.submit(test, problem, toolchain, number, *solved))
            for future in _as_they_end(futures):
                future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _as_they_end(futures: list[Future[None]]) -> Iterator[Future[None]]:
    left = set(futures)
    while left:
        ended, left = wait(left, return_when=FIRST_COMPLETED)
        yield from ended


def _problems(data: Path, name: str, limit: int) -> tuple[Problem, ...]:
    problems = read_problems(data, name)
    return problems[:limit] if limit else problems


def _result(name: str, toolchain: Toolchain | str, journal: Journal) -> LanguageResult:
    samples = sorted((s for s in journal.samples if s.language == name), key=lambda s: (s.task_id, s.sample))
    if isinstance(toolchain, str) and not samples:
        return LanguageResult(name, "", toolchain)
    version = toolchain.version if isinstance(toolchain, Toolchain) else f"of an earlier run; now {toolchain}"
    passed = Counter({sample.task_id: 0 for sample in samples})
    passed.update(sample.task_id for sample in samples if sample.passed)
    each = len(samples) // len(passed)
    return LanguageResult(
        name, version, "", len(passed), len(samples), passed.total(),
        mean_pass_at_k(list(passed.values()), each),
        dict(Counter(sample.verdict for sample in samples).most_common()),
        tuple(sample for sample in samples if not sample.passed),
    )  # fmt: skip


def _table(results: tuple[LanguageResult, ...], isolation: Isolation) -> dict[str, Any]:
    """Return the results for JSON; the samples are stored next to them."""
    rows = [asdict(replace(result, misses=())) for result in results]
    for row in rows:
        del row["misses"]
    return {"isolation": {"means": isolation.means, "is_whole": isolation.is_whole}, "results": rows}
