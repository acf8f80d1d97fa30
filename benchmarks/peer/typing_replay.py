"""Typing, ours and llama.cpp's: `python -m benchmarks.peer.typing_replay [--minutes 3] [--accept]`.

Real edits (ctxbench's commits, else this repository's own) are typed key by key, with pauses, slips, deletions, jumps
and changes of file, at the pace of a person; the pauses are real time. Each session is typed twice, to our daemon over
LSP and to llama.cpp's server driven as llama.vscode drives it, in turns. Both are asked after every key.

An answer counts if it is there before the next key: afterwards it is for a text that is no more, and no editor shows
it. `answer`: from a key to its answer, over the keys that got one. `wait`: from a key, every key, to the first answer
that counted, its own or a later key's: what a person waits for, with nothing left out; the bar is on it. `suggestion`:
`answer` where something was shown; `computed`: `answer` where it came from no cache. llama.vscode does not ask where
more than 8 signs follow on the line: such keys are left out of both sides' figures (not with --accept, where the sides
type different keys).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peer.history import CTXBENCH, SWITCH_S, Session, Visit, histories, session
from benchmarks.peer.llama_server import LlamaServer, find_server
from benchmarks.peer.llama_vscode import SERVER_OPTIONS, LlamaVscode
from benchmarks.peer.pairs import Pair, add_arguments, machine, pair, percentile
from benchmarks.peer.processes import indexed, own_folders, quiet
from benchmarks.peer.sides import Daemon, Ours, Side
from benchmarks.peer.strokes import accepted
from engine.model.folder import read_description

SEED = 17
OURS, THEIRS = "ours", "llama.cpp"
BAR = 0.7
MIN_SESSION_S = 60.0  # two files at least
NOTICE_S, REACTION_S = 0.25, 0.3  # a suggestion must have stood that long to be accepted, and accepting takes that long


@dataclass
class Key:
    """Times in seconds. `answered` is None until the response arrives; `ended` is the time of the next key."""

    pressed: float
    answered: float | None = None
    ended: float = float("inf")
    text: str = ""
    cached: bool = False
    asked: bool = True

    @property
    def counts(self) -> bool:
        return self.asked and self.answered is not None and self.answered < self.ended


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=3.0, help="of typing, for each model and side")
    parser.add_argument("--accept", action="store_true", help="take a suggestion that is what would be typed")
    parser.add_argument("--flash", choices=("on", "off"), default="off", help="llama.cpp's flash attention")
    parser.add_argument("--ctxbench", type=Path, default=CTXBENCH)
    add_arguments(parser)
    options = parser.parse_args()
    binary, rng = find_server(options.llama_server), random.Random(SEED)
    found = histories(options.ctxbench)
    rng.shuffle(found)
    each = max(MIN_SESSION_S, options.minutes * 60 / len(found))
    sessions = [session(history, each, rng) for history in found[: max(1, round(options.minutes * 60 / each))]]
    print(machine(options.threads))
    with own_folders() as work:
        for name in options.models:
            which = pair(name, options.work)
            server = LlamaServer(binary, which.gguf, options.threads, ("-fa", options.flash, *SERVER_OPTIONS))
            with server:
                keys = asyncio.run(replay_all(sessions, which, server, work, options.threads, accepts=options.accept))
            if not options.accept:
                leave_out_unasked(keys)
            report(name, keys)


async def replay_all(
    sessions: list[Session], which: Pair, server: LlamaServer, work: Path, threads: int, *, accepts: bool
) -> dict[str, list[list[Key]]]:
    """Return the keys of each visit, by side."""
    keys: dict[str, list[list[Key]]] = {OURS: [], THEIRS: []}
    for number, each in enumerate(sessions):
        for name in (OURS, THEIRS) if number % 2 == 0 else (THEIRS, OURS):
            with tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as folder:
                root = Path(folder) / each.name
                write_files(root, each.files)
                async with ours(root, which, threads) if name == OURS else theirs(root, which, server) as side:
                    for visit in each.visits:
                        keys[name].append(await replay(visit, root, side, accepts=accepts))
    return keys


@asynccontextmanager
async def ours(root: Path, which: Pair, threads: int) -> AsyncIterator[Side]:
    """A daemon of its own, once its index is built and its model is loaded."""
    await indexed(root)
    daemon = Daemon(root, {"model": which.setting, "threads": threads})
    async with daemon:
        await daemon.wait_for_model()
        await quiet()
        yield Ours(daemon)
        for fault in daemon.faults:
            print(f"the daemon complains: {fault}")


@asynccontextmanager
async def theirs(root: Path, which: Pair, server: LlamaServer) -> AsyncIterator[Side]:
    side = LlamaVscode(server, read_description(which.folder), root, SEED)
    try:
        yield side
    finally:
        await side.stop()


async def replay(visit: Visit, root: Path, side: Side, *, accepts: bool) -> list[Key]:
    """Types a visit's strokes at their pace and saves; the keys after which a suggestion was asked for."""
    text, keys, asking = visit.before, list[Key](), set[asyncio.Task[None]]()
    file, strokes = root / visit.path, list(visit.strokes)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="")
    await side.open(file, visit.language, text)
    due, number, cursor = time.perf_counter() + SWITCH_S, 0, 0
    while number < len(strokes):
        stroke = strokes[number]
        due += stroke.pause_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        number += 1
        last = keys[-1] if keys else None
        if accepts and last and last.counts and last.answered and last.answered < time.perf_counter() - NOTICE_S:
            further = accepted(strokes, number - 1, text, cursor, last.text) if last.text else None
            if further is not None:
                stroke, number = type(stroke)(0, cursor, cursor, last.text, cursor + len(last.text)), further
                due += REACTION_S
                await asyncio.sleep(REACTION_S)
        now = time.perf_counter()
        if last:
            last.ended = min(last.ended, now)
        before, text, cursor = text, stroke.apply(text), stroke.cursor
        side.change(before, stroke, text)
        if stroke.asks:
            keys.append(Key(now))
            task = asyncio.create_task(ask(side, keys[-1], text, cursor))
            asking.add(task)
            task.add_done_callback(asking.discard)
    await asyncio.sleep(SWITCH_S / 2)
    file.write_text(text, encoding="utf-8", newline="")
    side.save()
    await asyncio.gather(*asking)
    return keys


async def ask(side: Side, key: Key, text: str, cursor: int) -> None:
    answer = await side.suggest(text, cursor)
    key.answered = time.perf_counter()
    key.text, key.cached, key.asked = answer.text, answer.cached, answer.asked


def write_files(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")


def leave_out_unasked(by_side: dict[str, list[list[Key]]]) -> None:
    """A key after which one side does not ask is not held against the other, or for it."""
    for mine, other in zip(flat(by_side[OURS]), flat(by_side[THEIRS]), strict=True):
        mine.asked = other.asked = mine.asked and other.asked


def waits(keys: list[Key]) -> list[float]:
    """Of one visit: milliseconds from each key to the first answer that counts; a key after the last one has none."""
    found: list[float] = []
    soonest: float | None = None
    for key in reversed(keys):
        if not key.asked:
            continue
        soonest = key.answered if key.counts else soonest
        if soonest is not None:
            found.append((soonest - key.pressed) * 1000)
    return found[::-1]


def report(name: str, by_side: dict[str, list[list[Key]]]) -> None:
    rows: dict[str, dict[str, list[float]]] = {"wait": {}, "answer": {}, "computed": {}, "suggestion": {}}
    print(f"\n{name}: {len(flat(by_side[OURS]))} keys")
    for side, visits in by_side.items():
        keys = flat(visits)
        counted = [key for key in keys if key.counts]
        rows["wait"][side] = [wait for visit in visits for wait in waits(visit)]
        rows["answer"][side] = [took(key) for key in counted]
        rows["computed"][side] = [took(key) for key in counted if not key.cached]
        rows["suggestion"][side] = [took(key) for key in counted if key.text]
        asked = sum(key.asked for key in keys)
        shares = {
            "answered in time": len(counted),
            "superseded": asked - len(counted),
            "shown": sum(bool(key.text) for key in counted),
            "from the cache": sum(key.cached and bool(key.text) for key in counted),
        }
        shown = ", ".join(f"{what} {count / max(1, asked):.1%}" for what, count in shares.items())
        print(f"{side:10} of {asked} keys asked about: {shown}; not asked {len(keys) - asked}")
    print(f"{'milliseconds':14} {'ours p50':>9} {'p90':>7} {'theirs p50':>11} {'p90':>7} {'ratio p50':>10} {'p90':>6}")
    for what, row in rows.items():
        (a50, a90), (b50, b90) = ((percentile(row[side], 50), percentile(row[side], 90)) for side in (OURS, THEIRS))
        bar = f"   (bar: {BAR})" if what == "wait" else ""
        print(
            f"{what:14} {a50:9.0f} {a90:7.0f} {b50:11.0f} {b90:7.0f} {a50 / b50:10.2f} {a90 / b90:6.2f}{bar}",
            flush=True,
        )


def flat(visits: list[list[Key]]) -> list[Key]:
    return [key for visit in visits for key in visit]


def took(key: Key) -> float:
    return ((key.answered or 0) - key.pressed) * 1000


if __name__ == "__main__":
    main()
