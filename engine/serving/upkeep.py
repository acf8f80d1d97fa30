"""What is done for the model while nobody waits: heads moved on, memory given back, threads chosen.

Each task is bounded and is begun only after a pause as long as it may take, so that it is seldom in anybody's way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from engine.machine import trim_memory
from engine.model.generator import TokenGenerator
from engine.serving.threads import ThreadChoice

MOVE_PAUSE_SECONDS = 0.25  # a person who stops for so long is reading what is there
FORGET_PAUSE_SECONDS = 0.25
SLOW_LOAD_SECONDS = 2.0  # a model that loads for longer is only built anew when nobody is there
SLOW_LOAD_PAUSE_SECONDS = 60.0
TUNE_PAUSE_SECONDS = 2.0
TUNE_EVERY_SECONDS = 10.0
TRIM_PAUSE_SECONDS = 20.0


@dataclass(frozen=True)
class _Task:
    """`do` may run once nothing was asked for `pause_seconds`."""

    pause_seconds: float
    do: Callable[[], Any]


class Upkeep:
    """In the scheduler's thread only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._generator: Any = None
        self._trimmed = True
        self._tuned_at = -TUNE_EVERY_SECONDS
        self._choices: WeakKeyDictionary[Any, ThreadChoice] = WeakKeyDictionary()

    def used(self, generator: Any) -> None:
        """The generator that has just worked is the one whose next request is awaited."""
        self._generator = generator
        self._trimmed = False

    def may_tune(self, generator: TokenGenerator, choice: ThreadChoice) -> None:
        """The number of threads of this generator is ours to choose."""
        self._choices[generator] = choice

    def forget(self, generator: TokenGenerator) -> None:
        """It is let go: its memory must not wait for the next one."""
        if self._generator is generator:
            self._generator = None

    def due_after(self) -> float | None:
        """After how many idle seconds there is something to do, or None."""
        task = self._next()
        return task.pause_seconds if task else None

    def do_next(self) -> None:
        if task := self._next():
            task.do()

    def _next(self) -> _Task | None:
        tasks = list(self._tasks())
        return min(tasks, key=lambda task: task.pause_seconds, default=None)

    def _tasks(self) -> list[_Task]:
        generator = self._generator
        if not isinstance(generator, TokenGenerator):
            return []
        tasks = []
        if generator.cache.wanted_tokens:
            tasks.append(_Task(max(MOVE_PAUSE_SECONDS, generator.move_seconds), generator.move_head))
        if generator.cache.is_full:
            slow = generator.load_seconds > SLOW_LOAD_SECONDS
            pause = SLOW_LOAD_PAUSE_SECONDS if slow else FORGET_PAUSE_SECONDS
            tasks.append(_Task(pause, generator.forget_heads))
        choice = self._choices.get(generator)
        if choice is not None and (not choice.is_measured or self._clock() - self._tuned_at >= TUNE_EVERY_SECONDS):
            tasks.append(_Task(TUNE_PAUSE_SECONDS, lambda: self._tune(generator, choice)))
        if not self._trimmed:
            tasks.append(_Task(TRIM_PAUSE_SECONDS, self._trim))
        return tasks

    def _tune(self, generator: TokenGenerator, choice: ThreadChoice) -> None:
        self._tuned_at = self._clock()
        if not choice.is_measured:
            choice.measure_next()
            return
        threads = choice.now()
        if threads != generator.threads and generator.load_seconds < SLOW_LOAD_SECONDS:
            generator.forget_heads(threads)

    def _trim(self) -> None:
        """Gives memory that is free back to the system: see `engine.serving.launch` on why it is kept meanwhile."""
        self._trimmed = True
        trim_memory()
