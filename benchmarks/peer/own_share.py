"""The daemon's own share of a keystroke: `python -m benchmarks.peer.own_share [--keys 200]`.

Everything but the model's prefill and decode, at the wire, from the change's first byte to the answer's last: protocol,
context, prompt, cache, queue and socket, post-processing. In a file of 5 000 lines in a workspace of 10 000 files, its
index built, at places all over the file, a run of keys at each.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.context import Author, write_workspace
from benchmarks.peer.pairs import machine, percentile
from benchmarks.peer.processes import indexed, own_folders, quiet
from benchmarks.peer.wire import Wire
from engine.model.generator import default_threads

FILES, LINES, KEYS_A_PLACE = 10_000, 5_000, 20
SEED = 23
GAP_S = 0.15
BARS_MS = {50: 4, 90: 10}
MODEL_STAGES = ("prefill", "decode")
STAGE = re.compile(r"([\w -]+) ([\d.]+) ms")
WHOLE, OWN = "keystroke to answer", "the daemon's own share"
ASKED, CACHED = "  asking the model", "  not asking it"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--threads", type=int, default=default_threads())
    options = parser.parse_args()
    print(machine(options.threads))
    with own_folders() as folder:
        root = folder / "work"
        root.mkdir()
        write_workspace(root, options.files)
        times = measure(root, options.keys, options.threads)
    print(f"{'milliseconds':26} {'p50':>7} {'p90':>7} {'n':>6}")
    for name, values in sorted(times.items(), key=lambda row: row[0] not in (WHOLE, OWN, ASKED, CACHED)):
        bars = ", ".join(f"p{share} {bar} ms" for share, bar in BARS_MS.items())
        bar = f"   (bar: {bars})" if name == OWN else ""
        print(f"{name:26} {percentile(values, 50):7.1f} {percentile(values, 90):7.1f} {len(values):6}{bar}")


def measure(root: Path, keys: int, threads: int) -> dict[str, list[float]]:
    rng, times = random.Random(SEED), defaultdict[str, list[float]](list)
    text = large_text()
    file = root / "large.py"
    file.write_text(text)
    asyncio.run(indexed(root))
    with Wire(root, {"threads": threads}) as daemon:
        daemon.wait_for_model()
        asyncio.run(quiet())
        daemon.open(file, "python", text)
        while len(times[WHOLE]) < keys:
            cursor, line = place(text, rng)
            for sign in line[:KEYS_A_PLACE]:
                _, whole = daemon.type(text, cursor, sign)
                text, cursor = text[:cursor] + sign + text[cursor:], cursor + 1
                stages = {name.strip(): float(ms) for name, ms in STAGE.findall("; ".join(daemon.traces))}
                own = whole - sum(stages.get(name, 0) for name in MODEL_STAGES)
                times[WHOLE].append(whole)
                times[OWN].append(own)
                times[ASKED if MODEL_STAGES[0] in stages else CACHED].append(own)
                for name, ms in stages.items():
                    times[f"  {name}"].append(ms)
                time.sleep(max(0.0, GAP_S - whole / 1000))  # a person types no faster
        for fault in daemon.faults:
            print(f"the daemon complains: {fault}")
    return times


def large_text() -> str:
    author = Author()
    text = ""
    number = 0
    while text.count("\n") < LINES:
        text += author.text(number, ".py") + "\n"
        number += 1
    return text


def place(text: str, rng: random.Random) -> tuple[int, str]:
    """Return the end of a random line, and a new line like one of the others to type there."""
    lines = text.split("\n")
    end = len("\n".join(lines[: rng.randrange(1, len(lines))]))
    return end, "\n    " + next(line for line in iter(lambda: rng.choice(lines).strip(), None) if len(line) > 10)


if __name__ == "__main__":
    main()
