"""The number of threads for a model on the CPU: measured once on a machine, fewer while other programs need the cores.

On a busy machine fewer threads are faster: with two of four cores taken, three threads decode seven times slower than
one, because every parallel region waits for its slowest thread.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

import psutil

from engine.machine import is_on_battery
from engine.model.generator import TokenGenerator, available_cores
from engine.model.protocol import Continuation
from engine.user_folders import cache_folder

PREFILL_TOKENS, DECODE_TOKENS = 256, 16
MAX_THREADS = 8
GAIN = 0.95  # one more thread must take less than this share of the time, since the editor loses it


class ThreadChoice:
    """The number of threads for one model. Call `measure_next` until `is_measured`; each call measures one number."""

    def __init__(self, folder: Path, digest: str, file: Path | None = None) -> None:
        self._folder = folder
        self._key = f"{digest}/{available_cores()}"
        self._file = file or cache_folder() / "threads.json"
        self.best = self._load()
        self._left = [] if self.best else candidates(available_cores())
        self._took: dict[int, float] = {}
        self._process = psutil.Process()
        self._seen = self._times()

    @property
    def is_measured(self) -> bool:
        """True once all candidates are measured."""
        return not self._left

    def measure_next(self) -> None:
        """Measure the next candidate; after the last one, save the best."""
        threads = self._left.pop(0)
        self._took[threads] = measure_seconds(self._folder, threads)
        if not self._left:
            self.best = best_of(self._took)
            self._save()

    def choose_now(self) -> int:
        """Return the number for now: the cores that other programs have left since the last call; on battery, half."""
        before, self._seen = self._seen, self._times()
        wall, busy, own = (after - then for after, then in zip(self._seen, before, strict=True))
        taken = max(0.0, busy - own) / max(wall, 1e-3)
        return spare_threads(self.best, available_cores(), taken, on_battery=is_on_battery())

    def _times(self) -> tuple[float, float, float]:
        """Return seconds: of the clock, of work on all cores, of work of this process."""
        cores, own = psutil.cpu_times(), self._process.cpu_times()
        idle = cores.idle + getattr(cores, "iowait", 0.0)
        return time.monotonic(), sum(cores[:8]) - idle, own.user + own.system

    def _load(self) -> int:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            return int(json.loads(self._file.read_text())[self._key])
        return 0

    def _save(self) -> None:
        known = {}
        with suppress(OSError, ValueError):
            known = json.loads(self._file.read_text())
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps({**known, self._key: self.best}))


def candidates(cores: int) -> list[int]:
    """Return the numbers of threads to measure."""
    return [threads for threads in (1, 2, 3, 4, 6, MAX_THREADS) if threads <= cores]


def measure_seconds(folder: Path, threads: int) -> float:
    """Return how long a prompt and a few tokens take with this many threads."""
    generator = TokenGenerator(folder, "cpu", threads)
    generator.warm_up()
    began = time.perf_counter()
    generator.generate(Continuation([0] * PREFILL_TOKENS, DECODE_TOKENS), lambda _: False)
    return time.perf_counter() - began


def best_of(took: dict[int, float]) -> int:
    """Return the smallest number of threads that no larger one clearly beats. `took` is in seconds, by threads."""
    best = min(took)
    for threads in sorted(took):
        if took[threads] < took[best] * GAIN:
            best = threads
    return best


def spare_threads(best: int, cores: int, taken: float, *, on_battery: bool) -> int:
    """Return the number of threads while other programs keep `taken` cores busy."""
    most = max(1, best // 2) if on_battery else best
    return max(1, min(most, cores - round(taken)))
