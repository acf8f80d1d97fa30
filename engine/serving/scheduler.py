"""The order of generations. One thread owns the models; other threads submit jobs and cancel them.

The most urgent job runs first, of equals the oldest. A cancelled job leaves the queue, or ends within a decode step; a
prefill cannot be interrupted, which is why the heads of prompts are kept. A job yields to a more urgent one between two
tokens. It continues in a pause, because its own tokens must then be read again, which must not delay the next key. When
there is nothing to do, upkeep is done.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from engine.model.generator import Timing
from engine.model.protocol import Continuation, OnToken, Token
from engine.serving.upkeep import Upkeep
from engine.types import Priority

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 30.0  # for a token; after that something is wrong
# A job that yielded continues after this long without a more urgent one, and at the latest after the second time.
PAUSE_SECONDS = 0.3
MAX_YIELD_SECONDS = 2.0
PREFILL_PATIENCE = 20.0  # times the duration that a prefill should have


class Generator(Protocol):
    """What the scheduler needs of `engine.model.generator.TokenGenerator`."""

    prefill_tokens_per_second: float
    reused_tokens: int

    def generate(self, continuation: Continuation, on_token: OnToken) -> Timing: ...


@dataclass(eq=False)
class Job:
    """One continuation. The callbacks run in the scheduler's thread and must not block.

    After `on_begin` and all tokens, `on_done` or `on_failed` is called; perhaps neither after `Scheduler.cancel`.
    """

    generator: Generator
    continuation: Continuation
    on_begin: Callable[[float, float, int], None]  # milliseconds in the queue and of prefill, and reused tokens
    on_token: Callable[[Token], None]
    on_done: Callable[[], None]
    on_failed: Callable[[str], None]
    priority: Priority = Priority.COMPLETION
    is_cancelled: bool = False
    generated: list[int] = field(default_factory=list)
    queued_at: float = 0.0
    yielded_at: float | None = None


class Scheduler:
    def __init__(self, upkeep: Upkeep | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._upkeep = upkeep or Upkeep()
        self._changed = threading.Condition()
        self._queue: list[tuple[Priority, int, Job]] = []
        self._numbers = itertools.count()
        self._running: Job | None = None
        self._progress_at = self._idle_since = clock()
        self._stopped = False
        self.finished = 0
        self._thread = threading.Thread(target=self._work, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the work within a decode step, and wait for its end."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def submit(self, job: Job) -> None:
        """Queue a job."""
        job.queued_at = self._clock()
        with self._changed:
            heapq.heappush(self._queue, (job.priority, next(self._numbers), job))
            self._changed.notify_all()

    def cancel(self, job: Job) -> None:
        """Take a job out of the queue, or end it within a decode step."""
        job.is_cancelled = True
        with self._changed:
            self._queue = [entry for entry in self._queue if entry[2] is not job]
            heapq.heapify(self._queue)

    @property
    def idle_seconds(self) -> float:
        """For how long there has been no job."""
        with self._changed:
            return 0.0 if self._running or self._queue else self._clock() - self._idle_since

    @property
    def overdue_seconds(self) -> float:
        """For how long the current job should have made progress and has not; 0 if all is well."""
        job = self._running
        if job is None:
            return 0.0
        speed = job.generator.prefill_tokens_per_second
        patience = PATIENCE_SECONDS + (
            PREFILL_PATIENCE * len(job.continuation.tokens) / speed if speed and not job.generated else 0.0
        )
        return max(0.0, self._clock() - self._progress_at - patience)

    def _work(self) -> None:
        while job := self._next():
            try:
                finished = self._run(job)
            except Exception as fault:  # noqa: BLE001 - native code may raise anything; the other jobs go on
                log.error("a generation failed: %s", fault)  # noqa: TRY400 - users read the log
                job.on_failed(f"the model failed: {fault}".partition("\n")[0])
                finished = True
            with self._changed:
                self._running = None
                self._idle_since = self._clock()
                if not finished:
                    job.yielded_at = self._clock()
                    heapq.heappush(self._queue, (job.priority, -1, job))  # before its equals: it is older
            self.finished += finished
            self._upkeep.note_use(job.generator)

    def _next(self) -> Job | None:
        """Wait for a job and return it, doing upkeep until then. Return None when stopped."""
        while True:
            with self._changed:
                if self._stopped:
                    return None
                if self._queue:
                    if (pause := self._pause_before(self._queue[0][2])) > 0:
                        self._changed.wait(pause)
                        continue
                    self._running = heapq.heappop(self._queue)[2]
                    self._progress_at = self._clock()
                    return self._running
                due = self._upkeep.due_after()
                idle = self._clock() - self._idle_since
                if due is None or idle < due:
                    self._changed.wait(None if due is None else due - idle)
                    continue
            self._upkeep.do_next()

    def _pause_before(self, job: Job) -> float:
        """Return the seconds until a job that yielded may continue; 0 or less for any other."""
        if job.yielded_at is None:
            return 0.0
        return min(self._idle_since + PAUSE_SECONDS, job.yielded_at + MAX_YIELD_SECONDS) - self._clock()

    def _run(self, job: Job) -> bool:
        """Return True if the job is finished, False if it yielded to a more urgent one."""
        began, has_yielded = self._clock(), False

        def on_token(token: Token) -> bool:
            nonlocal has_yielded
            self._progress_at = self._clock()
            if job.is_cancelled or self._stopped:
                return True
            if not job.generated:
                wait_ms, prefill_ms = (began - job.queued_at) * 1000, (self._progress_at - began) * 1000
                job.on_begin(wait_ms, prefill_ms, job.generator.reused_tokens)
            job.generated.append(token.id)
            job.on_token(token)
            if token.id in job.continuation.end_ids or len(job.generated) == job.continuation.max_new_tokens:
                return True
            has_yielded = bool(self._queue) and self._queue[0][0] < job.priority
            return has_yielded

        job.generator.generate(job.continuation.after(job.generated), on_token)
        if has_yielded and not job.is_cancelled:
            return False
        if not job.is_cancelled:
            job.on_done()
        return True
