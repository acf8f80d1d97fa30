"""`codegeex-lsp engine`: shows and stops the process that holds the model. Windows start it themselves."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table

from engine.serving.address import find_address
from engine.serving.messages import Status
from engine.types import EngineError
from lsp_server import __version__
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_NOTHING, EXIT_OK
from lsp_server.models.worker import engine_client

MIB = 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=("status", "stop", "serve"),
        default="status",
        help="show the process (the default), stop it, or run one here",
    )


def run(options: argparse.Namespace) -> int:
    """Serve in the foreground, or show or stop the engine process. Return 1 if none is running."""
    try:
        if options.action == "serve":
            from engine.serving.process import run as serve

            serve(find_address(__version__))
            return EXIT_OK
        status = engine_client().status()
        if status is None:
            print("no engine process is running; the first window that needs the model starts it")  # noqa: T201
            return EXIT_NOTHING
        if options.action == "stop":
            engine_client().stop_engine()
            print("the engine process was stopped; the next request starts another")  # noqa: T201
        else:
            _show(terminal.console(), status)
    except EngineError as fault:
        print(f"codegeex-lsp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT
    return EXIT_OK


def _show(console: Console, status: Status) -> None:
    import psutil

    facts = status.facts
    table = Table(box=None, show_header=False, pad_edge=False)
    resident = psutil.Process(facts["pid"]).memory_info().rss / MIB
    table.add_row("process", f"{facts['pid']}, up {facts['uptime_seconds']:.0f} s, {resident:.0f} MiB resident")
    table.add_row("windows", str(facts["windows"] - 1))  # without this command
    table.add_row("answers", str(facts["finished"]))
    table.add_row("log", str(find_address(__version__).log))
    for model in facts["models"]:
        kept, budget = model["prefix_cache_bytes"] / MIB, model["prefix_cache_budget_bytes"] / MIB
        table.add_row("model", model["folder"])
        table.add_row(
            "", f"on {model['device']}, {model['compute_type']}, {terminal.count(model['threads'], 'thread')}"
        )
        table.add_row(
            "prefix cache",
            f"{model['prefix_cache_hits']} hits, {model['prefix_cache_misses']} misses,"
            f" {model['reused_tokens']:,} tokens not read again; {kept:.0f} of {budget:.0f} MiB",
        )
    console.print(table)
