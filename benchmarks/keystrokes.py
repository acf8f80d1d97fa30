"""Keystroke to suggestion, through the real server: `python -m benchmarks.keystrokes [--keys 300]`.

Replays a user who types the samples' lines key by key. Each key is a `didChange` and a request; measured from before
the change is sent until the response arrives. Prints the machine, and p50 and p90 of all keys, in total and by stage.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import sys
import time
from collections import defaultdict
from statistics import quantiles

import psutil

from lsp_server.cli.demo import LANGUAGES, SAMPLES
from lsp_server.scripted_editor import ScriptedEditor

SEED = 7
MODEL_STAGES = ("wait", "prefill", "decode")
OWN = "everything but the model"
GAP_S = 0.15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    figures = asyncio.run(typing_session(options.keys))
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}\n")
    print(f"{'milliseconds':32} {'p50':>8} {'p90':>8} {'n':>6}")
    for name, row in figures.items():
        print(f"{name:32} {row['p50']:8.1f} {row['p90']:8.1f} {row['n']:6.0f}")


def spread(values: list[float]) -> dict[str, float]:
    deciles = quantiles(values if len(values) > 1 else values * 2, n=10, method="inclusive")
    return {"p50": deciles[4], "p90": deciles[8], "n": len(values)}


async def typing_session(keys: int) -> dict[str, dict[str, float]]:
    """Type lines of the samples into their files, from which those lines were removed. Return the figures by stage."""
    rng = random.Random(SEED)
    times: dict[str, list[float]] = defaultdict(list)
    shown = 0
    files = sorted(file for file in SAMPLES.rglob("*.*") if file.suffix in LANGUAGES)
    async with ScriptedEditor(SAMPLES) as editor:
        await editor.wait_for_model()
        while len(times["keystroke to suggestion"]) < keys:
            file = rng.choice(files)
            lines = file.read_text(encoding="utf-8").split("\n")
            number = rng.choice([i for i, line in enumerate(lines) if len(line.strip()) > 10])
            line, lines[number] = lines[number], lines[number][: len(lines[number]) - len(lines[number].lstrip())]
            uri = editor.open(file, "\n".join(lines), LANGUAGES[file.suffix])
            for column in range(len(lines[number]), len(line)):
                began = time.perf_counter()
                editor.type(uri, number, column, line[column])
                answer = await editor.suggest(uri, number, column + 1)
                whole = (time.perf_counter() - began) * 1000
                times["keystroke to suggestion"].append(whole)
                shown += bool(answer.text)
                stages = {name: float(ms) for name, ms in re.findall(r"([\w-]+) ([\d.]+) ms", answer.trace)}
                for name, ms in stages.items():
                    times[f"  {name}"].append(ms)
                times["  protocol and queue"].append(whole - sum(stages.values()))
                times[OWN].append(whole - sum(stages.get(name, 0.0) for name in MODEL_STAGES))
                await asyncio.sleep(max(0.0, GAP_S - whole / 1000))  # a user types no faster
            editor.close(uri)
        count = len(times["keystroke to suggestion"])
        server = psutil.Process().children()[0]
        resident = server.memory_info().rss / 2**20
    print(f"{count} keys, {shown / count:.0%} with a suggestion; server resident {resident:.0f} MiB", file=sys.stderr)
    return {name: spread(values) for name, values in times.items()}


if __name__ == "__main__":
    main()
