"""Resident memory over requests that never repeat: `python -m benchmarks.peer.memory [--requests 2000]`.

The daemon and all its processes, together, while a person asks at places of a file that is never twice the same. After
a warm-up the figure must stay within 5 percent.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from pathlib import Path

from benchmarks.peer.pairs import machine
from benchmarks.peer.processes import own_folders, resident_mib
from benchmarks.peer.sides import Daemon
from benchmarks.peer.strokes import Stroke
from engine.model.generator import default_threads

WARM_UP, EACH, BAR = 200, 200, 0.05
FILE_LINES = 120
SEED = 41
SOURCES = Path(__file__).parents[2] / "engine"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=default_threads())
    options = parser.parse_args()
    print(machine(options.threads))
    with own_folders() as folder:
        root = folder / "work"  # in which nothing but the files is written
        root.mkdir()
        asyncio.run(measure(root, options.requests, options.threads))


async def measure(root: Path, requests: int, threads: int) -> None:
    rng = random.Random(SEED)
    lines = [line for file in sorted(SOURCES.rglob("*.py")) for line in file.read_text(encoding="utf-8").split("\n")]
    daemon, first = Daemon(root, {"threads": threads}), 0.0
    async with daemon:
        await daemon.wait_for_model()
        for number in range(1, WARM_UP + requests + 1):
            text, cursor = view(lines, number, rng)
            await daemon.open_file(root / f"file{number}.py", "python", text[:cursor] + text[cursor + 1 :])
            stroke = Stroke(0, cursor, cursor, text[cursor], cursor + 1)
            daemon.change(text[:cursor] + text[cursor + 1 :], stroke)
            await daemon.ask(text, cursor + 1)
            if number == WARM_UP or (number > WARM_UP and number % EACH == 0):
                now = resident_mib()
                first = first or now
                bar = "" if abs(now / first - 1) <= BAR else f"   not within {BAR:.0%}"
                print(f"{number:6} requests {now:7.0f} MiB {now / first - 1:+7.1%}{bar}", flush=True)
        for fault in daemon.faults:
            print(f"the daemon complains: {fault}")


def view(lines: list[str], number: int, rng: random.Random) -> tuple[str, int]:
    """Return code that starts like no other, and a cursor in it."""
    at = rng.randrange(len(lines) - FILE_LINES)
    text = "\n".join([f"# {number} {rng.random()}", *lines[at : at + FILE_LINES]])
    return text, rng.randrange(len(text) // 2, len(text))


if __name__ == "__main__":
    main()
