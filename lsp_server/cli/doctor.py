"""`codegeex-lsp doctor`: shows what is installed, which model is used, what it can do, and how fast it is here."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from importlib import metadata
from statistics import median

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from engine.model.catalog import EMBEDDED, default_name, find_model, folder_bytes, installed_names, models_folder
from engine.model.folder import ModelDescription
from engine.model.protocol import Question
from engine.types import CancellationToken, EngineError
from lsp_server import __version__
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_NOTHING, EXIT_OK
from lsp_server.cli.model_options import add_model_options
from lsp_server.cli.servers import describe_servers

PACKAGES = ("ctranslate2", "tokenizers", "pygls", "lsprotocol")
PREFILL_TOKENS = (256, 960)
DECODE_TOKENS = 48
RUNS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for purpose in ("chat", "completion"):
        parser.add_argument(f"--{purpose}-url", default="", metavar="URL", help=f"also check this server for {purpose}")
        parser.add_argument(f"--{purpose}-model", default="", metavar="NAME", help="the server's name for the model")
    add_model_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is found, and what is wrong. Return 0 if the model and each named server answer, else 1."""
    console = terminal.console()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("codegeex-lsp", f"{__version__}, Python {platform.python_version()} at {sys.executable}")
    for package in PACKAGES:
        table.add_row(package, _installed(package))
    table.add_row("system", f"{platform.system()} {platform.release()}, {platform.machine()}, {_cores()}, {_memory()}")
    table.add_row("models folder", f"{models_folder()} ({', '.join(installed_names()) or 'empty'})")
    fault = ""
    unreachable = describe_servers(table, options)
    try:
        try:
            description, chosen_by = find_model(options.model), _chosen_by(options.model)
        except EngineError as error:
            if options.model:
                raise
            # As in the server: if the default model cannot be used, the embedded one answers instead.
            fault, description, chosen_by = str(error), find_model(EMBEDDED), "instead of the default, see below"
        _describe(table, description, chosen_by)
        _measure(table, description, options)
    except EngineError as error:
        fault = str(error)
    except ImportError as error:
        fault = f"{error}: install codegeex-lsp again"
    console.print(table)
    for problem in filter(None, (fault, unreachable)):
        console.print(f"\nproblem: {problem}", style="red", markup=False)
    return EXIT_NOTHING if fault or unreachable else EXIT_OK


def _chosen_by(name: str) -> str:
    if name:
        return "chosen by --model"
    return "the default, chosen with `models use`" if default_name() else "the embedded model, since none was chosen"


def _describe(table: Table, description: ModelDescription, chosen_by: str) -> None:
    size = folder_bytes(description.folder) / 2**20
    table.add_row("model in use", f"{description.name}: {chosen_by}")
    table.add_row("", f"{description.family}, {description.numeric_type}, {size:.1f} MiB")
    table.add_row("", str(description.folder))
    table.add_row("can", ", ".join(sorted(description.capabilities)))
    table.add_row(
        "context",
        f"{description.context_length} tokens; shows a suggestion from confidence {description.confidence.show:.2f}",
    )
    if licence := description.facts.get("licence"):
        table.add_row("licence", str(licence))


def _measure(table: Table, description: ModelDescription, options: argparse.Namespace) -> None:
    """Add the speed of prefill and decode: medians of a few runs on random tokens."""
    import random

    import psutil

    from engine.model.ctranslate import CTranslateModel
    from engine.model.generator import has_gpu

    table.add_row("GPU", "found, used with device auto or cuda" if has_gpu() else "none that CTranslate2 can use")
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        progress.add_task("loading the model and measuring its speed")
        began = time.perf_counter()
        model = CTranslateModel(description, options.device, options.threads)
        loaded_ms = (time.perf_counter() - began) * 1000
        model.warm_up()
        table.add_row(
            "loaded",
            f"in {loaded_ms:.0f} ms on {model.device}, {model.compute_type}, {terminal.count(model.threads, 'thread')}",
        )
        rng = random.Random(0)  # noqa: S311 - any tokens do
        speeds = []
        for count in PREFILL_TOKENS:
            count = min(count, description.context_length - DECODE_TOKENS)  # noqa: PLW2901
            tokens = [rng.randrange(model.tokenizer.size) for _ in range(count)]
            runs = [
                model.generate(Question(tokens, DECODE_TOKENS, lambda _: False), CancellationToken())
                for _ in range(RUNS)
            ]
            prefill = count / median(run.prefill_ms for run in runs) * 1000
            steps = [(len(run.ends) - 1) / run.decode_ms * 1000 for run in runs if len(run.ends) > 1]
            decode = f", decode {median(steps):,.0f} tokens/s" if steps else ""
            speeds.append(f"{count}-token prompt: prefill {prefill:,.0f}{decode}")
    for number, speed in enumerate(speeds):
        table.add_row("" if number else "speed", speed)
    table.add_row("memory", f"{psutil.Process().memory_info().rss / 2**20:.0f} MiB resident, this command")


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing: install codegeex-lsp again"


def _cores() -> str:
    from engine.model.generator import available_cores

    return f"{available_cores()} usable cores of {os.cpu_count()}"


def _memory() -> str:
    import psutil

    memory = psutil.virtual_memory()
    return f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB memory free"
