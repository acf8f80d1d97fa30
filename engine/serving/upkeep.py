"""Work for the model while no request waits: moving on kept heads, returning memory, choosing the number of threads.

Each task is bounded and starts only after a pause as long as it may take, so that it rarely delays a request.
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

MOVE_PAUSE_SECONDS = 0.25  # a user who pauses this long is reading
FORGET_PAUSE_SECONDS = 0.25
SLOW_LOAD_SECONDS = 2.0  # a model that loads for longer is only built again when the user is away
SLOW_LOAD_PAUSE_SECONDS = 60.0
TUNE_PAUSE_SECONDS = 2.0
TUNE_EVERY_SECONDS = 10.0
TRIM_PAUSE_SECONDS = 20.0


@dataclass(frozen=True)
class _Task:
    """Work that may begin after a pause."""

    pause_seconds: float  # without a request
    do: Callable[[], Any]


class Upkeep:
    """The upkeep of all models. For the scheduler's thread only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._generator: Any = None
        self._trimmed = True
        self._tuned_at = -TUNE_EVERY_SECONDS
        self._choices: WeakKeyDictionary[Any, ThreadChoice] = WeakKeyDictionary()

    def note_use(self, generator: Any) -> None:
        """Remember the generator used last: upkeep is done for it."""
        self._generator = generator
        self._trimmed = False

    def allow_tuning(self, generator: TokenGenerator, choice: ThreadChoice) -> None:
        """Let upkeep choose the number of threads of this generator."""
        self._choices[generator] = choice

    def forget(self, generator: TokenGenerator) -> None:
        """Drop an unloaded generator, so that its memory is free at once."""
        if self._generator is generator:
            self._generator = None

    def due_after(self) -> float | None:
        """Return after how many idle seconds there is something to do, or None."""
        task = self._next()
        return task.pause_seconds if task else None

    def do_next(self) -> None:
        """Do the task that is due first."""
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
        threads = choice.choose_now()
        if threads != generator.threads and generator.load_seconds < SLOW_LOAD_SECONDS:
            generator.forget_heads(threads)

    def _trim(self) -> None:
        """Return free memory to the system. `engine.serving.launch` explains why it is kept until then."""
        self._trimmed = True
        trim_memory()
