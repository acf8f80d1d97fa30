"""Start of a server, side by side: `python -m benchmarks.start --against COMMAND [--runs 21]`.

Starts both builds in turn and measures, for each, from the start of the process: the time to the answer of
`initialize`, to a client without capabilities and to one that has those of VS Code; what the process has used of a
processor by then, which other load on the machine disturbs less; and its resident memory. Then the time to the first
suggestion in a file that is opened at once, with the engine process running. Prints p50, p90 and their ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import shlex
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import quantiles

import psutil
import pytest_lsp

from lsp_server.cli.demo import SAMPLES
from lsp_server.scripted_editor import ScriptedEditor

HERE = (str(Path(sys.executable).parent / "codegeex-lsp"),)
VSCODE = Path(pytest_lsp.__file__).parent / "clients" / "visual_studio_code_v1.65.2.json"
FILE = SAMPLES / "warehouse" / "orders.py"
MISSING = "self.picked: list[Line] = []"  # from the file: the cursor is there

Command = tuple[str, ...]
Figures = dict[str, list[float]]  # one value a run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--against", default="", metavar="COMMAND", help="another build's codegeex-lsp")
    parser.add_argument("--runs", type=int, default=21)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed daemon has its byte code
    builds: dict[str, Command] = {"this": HERE}
    if options.against:
        builds["against"] = tuple(shlex.split(options.against))
    figures = {name: defaultdict[str, list[float]](list) for name in builds}
    for run in range(options.runs + 1):
        for name, command in builds.items():
            measured = measure(command)
            if run:  # the first one fills the disk's cache, and starts the engine process
                for what, value in measured.items():
                    figures[name][what].append(value)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", end=", ")
    print(f"Python {platform.python_version()}, {options.runs} runs\n\n{'':44} {'':8} {'p50':>8} {'p90':>8}")
    for what in figures["this"]:
        rows = [(name, *spread(figures[name][what])) for name in builds]
        for name, p50, p90 in rows:
            print(f"{what:44} {name:8} {p50:8.1f} {p90:8.1f}")
        if len(rows) > 1:
            print(f"{'':44} {'ratio':8} {rows[0][1] / rows[1][1]:8.2f} {rows[0][2] / rows[1][2]:8.2f}")


def spread(values: list[float]) -> tuple[float, float]:
    """Return (p50, p90)."""
    deciles = quantiles(values, n=10, method="inclusive")
    return deciles[4], deciles[8]


def measure(command: Command) -> dict[str, float]:
    """Start one build three times. Return its figures by what they are."""
    measured: dict[str, float] = {}
    vscode = json.loads(VSCODE.read_text(encoding="utf-8"))
    for client, capabilities in {"": {}, ", to VS Code": vscode["capabilities"]}.items():
        answered_ms, cpu_ms, resident_mib = start(command, capabilities)
        measured |= {
            f"initialize answered{client}, ms": answered_ms,
            f"  of a processor{client}, ms": cpu_ms,
            f"  resident{client}, MiB": resident_mib,
        }
    measured["first suggestion, ms"] = asyncio.run(first_suggestion_ms(command))
    return measured


def start(command: Command, capabilities: object) -> tuple[float, float, float]:
    """Return (milliseconds from process start to the answer, milliseconds of a processor, resident MiB)."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": capabilities}}
    body = json.dumps(request).encode()
    used = children_cpu_s()
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        server.stdin.flush()
        assert server.stdout.readline().startswith(b"Content-Length"), "no answer"
        answered = time.perf_counter()
        resident = psutil.Process(server.pid).memory_info().rss
        server.kill()
    return (answered - began) * 1000, (children_cpu_s() - used) * 1000, resident / 2**20


def children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def first_suggestion_ms(command: Command) -> float:
    """Return the milliseconds from process start to the first suggestion in a file that was opened at once."""
    before, after = FILE.read_text(encoding="utf-8").split(MISSING)
    line = before.count("\n")
    began = time.perf_counter()
    async with ScriptedEditor(SAMPLES, command=command) as editor:
        uri = editor.open(FILE, before + after, "python")
        suggested = await editor.suggest(uri, line, len(before.split("\n")[line]))
        took = time.perf_counter() - began
        assert suggested.text, "nothing is suggested"
        return took * 1000


if __name__ == "__main__":
    main()
