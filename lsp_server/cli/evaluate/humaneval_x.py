"""`codegeex-lsp evaluate humaneval-x`: the benchmark at a terminal."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import closing

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from engine.evaluate.humaneval_x.journal import Journal, Sample
from engine.evaluate.humaneval_x.pass_at_k import KS
from engine.evaluate.humaneval_x.problems import Task, language_names
from engine.evaluate.humaneval_x.questions import Style
from engine.evaluate.humaneval_x.run import LanguageResult, Plan, RunListener, Workplace, run, run_configuration
from engine.evaluate.humaneval_x.verdict import Verdict
from engine.model.protocol import LanguageModel
from engine.sandbox.sandbox import Isolation, Sandbox
from engine.types import EngineError, Sampling
from engine.user_folders import cache_folder, data_folder
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_INTERRUPTED, EXIT_OK
from lsp_server.models.worker import load_ctranslate_model

MAX_MISSES_SHOWN = 20


def run_humaneval_x(options: argparse.Namespace) -> int:
    errors = Console(stderr=True, highlight=False)
    try:
        plan = read_plan(options)
        with closing(Sandbox(accept_no_isolation=options.accept_no_isolation)) as sandbox:
            model: LanguageModel | None = None
            if not plan.reference:
                with errors.status("loading the model"):
                    model = load_ctranslate_model(options.model, options.device, options.threads)
            journal = Journal(options.out, run_configuration(plan, model, sandbox.isolation))
            results = _run_watched(plan, options, model, sandbox, journal, errors)
    except EngineError as fault:
        print(f"codegeex-lsp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT
    except KeyboardInterrupt:
        kept = f"{options.out} is resumed by the same command" if options.out else "nothing was kept"
        print(f"codegeex-lsp: interrupted; {kept}", file=sys.stderr)  # noqa: T201
        return EXIT_INTERRUPTED
    show(terminal.console(), plan, results, sandbox.isolation)
    return EXIT_OK


def read_plan(options: argparse.Namespace) -> Plan:
    """Return the plan that the options describe. Raises `EngineError` if they do not fit together."""
    task = Task(options.task)
    (source,) = language_names(options.source_language)[:1]
    languages = language_names(options.languages)
    if task is Task.TRANSLATE and options.languages == "all":
        languages = tuple(name for name in languages if name != source)
    plan = Plan(
        task=task,
        languages=languages,
        samples=options.samples,
        source=source,
        limit=options.limit,
        reference=options.solutions == "reference",
        sampling=Sampling(temperature=options.temperature, top_p=options.top_p, seed=options.seed),
        max_new_tokens=options.max_tokens,
        style=Style(options.style),
        repairs=not options.no_repair,
    )
    plan.check()
    return plan


def _run_watched(
    plan: Plan,
    options: argparse.Namespace,
    model: LanguageModel | None,
    sandbox: Sandbox,
    journal: Journal,
    errors: Console,
) -> tuple[LanguageResult, ...]:
    data = options.data or data_folder() / "humaneval-x"
    cache = cache_folder() / "humaneval-x"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("starting", total=None)
        passed, lock = [0], threading.Lock()

        def on_sample(sample: Sample) -> None:
            with lock:
                passed[0] += sample.passed
                progress.update(task, advance=1, description=f"{sample.task_id}, {passed[0]} passed")

        def on_start(total: int, done: int) -> None:
            passed[0] = sum(sample.passed for sample in journal.samples)
            progress.update(task, total=total, completed=done, description="first program")
            if done and not errors.is_terminal:
                errors.print(f"{done} of {total} samples exist already")

        listener = RunListener(lambda text: progress.update(task, description=text), on_start, on_sample)
        workplace = Workplace(data, cache, sandbox, options.jobs or _cores())
        return run(plan, workplace, model, journal, listener)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def show(console: Console, plan: Plan, results: Sequence[LanguageResult], isolation: Isolation) -> None:
    """Print the table, why languages were not run, and what isolated the programs."""
    ks = [k for k in KS if k <= plan.samples]
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("language", "toolchain"):
        table.add_column(heading, overflow="fold")
    for heading in ("problems", "samples", "passed", *(f"pass@{k}" for k in ks)):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("other verdicts", overflow="fold")
    for result in results:
        if result.not_run:
            continue
        counts = {name: count for name, count in (result.verdicts or {}).items() if name != Verdict.PASSED.value}
        table.add_row(
            result.language, result.toolchain, str(result.problems), str(result.samples), str(result.passed),
            *(f"{(result.pass_at or {}).get(k, 0):.1%}" for k in ks),
            ", ".join(f"{count} {name}" for name, count in counts.items()),
        )  # fmt: skip
    if table.rows:
        console.print(table)
    for result in results:
        if result.not_run:
            console.print(f"{result.language}: not run: {result.not_run}", style="yellow", markup=False, soft_wrap=True)
    if plan.reference:
        misses = [sample for result in results for sample in result.misses]
        for sample in misses[:MAX_MISSES_SHOWN]:
            first = next((line for line in sample.message.split("\n") if line.strip()), "")
            line = f"{sample.task_id}: {sample.verdict}: {first}"
            console.print(line, style="yellow", markup=False, soft_wrap=True)
    console.print(f"\nprograms ran under {isolation.means}", style="dim", markup=False, soft_wrap=True)
