"""Who is served next. One thread owns the models; everybody else leaves jobs, and takes them back.

The most urgent job runs first, the oldest of equals. A job that is cancelled leaves the queue, or ends within a decode
step; a prefill cannot be interrupted, which is why prompts' heads are kept. What is less urgent than a newcomer steps
aside between two tokens. It goes on in a pause: what it has said must then be read anew, and that must not hold up the
next key. When there is nothing to do, upkeep is done.
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

PATIENCE_SECONDS = 30.0  # for a token, beyond which something is wrong
# A job that stepped aside goes on after so long without a more urgent one; it never waits longer than the second.
PAUSE_SECONDS = 0.3
MAX_ASIDE_SECONDS = 2.0
PREFILL_PATIENCE = 20.0  # times what a prefill should take


class Generator(Protocol):
    """What the scheduler needs of `engine.model.generator.TokenGenerator`."""

    prefill_tokens_per_second: float
    reused_tokens: int

    def generate(self, wanted: Continuation, on_token: OnToken) -> Timing: ...


@dataclass(eq=False)
class Job:
    """One continuation. The callbacks run in the scheduler's thread and must not block.

    `on_begin` is told of the first token: milliseconds in the queue, milliseconds of prefill, tokens that were reused;
    `on_token` each token. Then either `on_done` comes or `on_failed`; after `Scheduler.cancel` neither need come.
    """

    generator: Generator
    wanted: Continuation
    on_begin: Callable[[float, float, int], None]
    on_token: Callable[[Token], None]
    on_done: Callable[[], None]
    on_failed: Callable[[str], None]
    priority: Priority = Priority.COMPLETION
    is_cancelled: bool = False
    said: list[int] = field(default_factory=list)
    queued_at: float = 0.0
    stepped_aside_at: float | None = None


class Scheduler:
    def __init__(self, upkeep: Upkeep | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._upkeep = upkeep or Upkeep()
        self._changed = threading.Condition()
        self._queue: list[tuple[Priority, int, Job]] = []
        self._numbers = itertools.count()
        self._running: Job | None = None
        self._moved_at = self._idle_since = clock()
        self._stopped = False
        self.finished = 0
        self._thread = threading.Thread(target=self._work, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the work within a decode step; waits for it."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def submit(self, job: Job) -> None:
        job.queued_at = self._clock()
        with self._changed:
            heapq.heappush(self._queue, (job.priority, next(self._numbers), job))
            self._changed.notify_all()

    def cancel(self, job: Job) -> None:
        job.is_cancelled = True
        with self._changed:
            self._queue = [entry for entry in self._queue if entry[2] is not job]
            heapq.heapify(self._queue)

    @property
    def idle_seconds(self) -> float:
        """For how long there has been nothing to do."""
        with self._changed:
            return 0.0 if self._running or self._queue else self._clock() - self._idle_since

    @property
    def overdue_seconds(self) -> float:
        """For how long the work under way should have moved on and has not; 0 where all is well."""
        job = self._running
        if job is None:
            return 0.0
        speed = job.generator.prefill_tokens_per_second
        patience = PATIENCE_SECONDS + (
            PREFILL_PATIENCE * len(job.wanted.tokens) / speed if speed and not job.said else 0.0
        )
        return max(0.0, self._clock() - self._moved_at - patience)

    def _work(self) -> None:
        while job := self._next():
            try:
                finished = self._run(job)
            except Exception as fault:  # noqa: BLE001 - native code raises what it likes; the other jobs go on
                log.error("a generation failed: %s", fault)  # noqa: TRY400 - the log is read by people
                job.on_failed(f"the model failed: {fault}".partition("\n")[0])
                finished = True
            with self._changed:
                self._running = None
                self._idle_since = self._clock()
                if not finished:
                    job.stepped_aside_at = self._clock()
                    heapq.heappush(self._queue, (job.priority, -1, job))  # before its equals: it was there first
            self.finished += finished
            self._upkeep.used(job.generator)

    def _next(self) -> Job | None:
        """Waits for a job; does upkeep meanwhile. None when stopped."""
        while True:
            with self._changed:
                if self._stopped:
                    return None
                if self._queue:
                    if (pause := self._pause_before(self._queue[0][2])) > 0:
                        self._changed.wait(pause)
                        continue
                    self._running = heapq.heappop(self._queue)[2]
                    self._moved_at = self._clock()
                    return self._running
                due = self._upkeep.due_after()
                idle = self._clock() - self._idle_since
                if due is None or idle < due:
                    self._changed.wait(None if due is None else due - idle)
                    continue
            self._upkeep.do_next()

    def _pause_before(self, job: Job) -> float:
        """Seconds until a job that stepped aside may go on; 0 for any other."""
        if job.stepped_aside_at is None:
            return 0.0
        return min(self._idle_since + PAUSE_SECONDS, job.stepped_aside_at + MAX_ASIDE_SECONDS) - self._clock()

    def _run(self, job: Job) -> bool:
        """True when the job is finished, False when it stepped aside for a more urgent one."""
        began, stepped_aside = self._clock(), False

        def on_token(token: Token) -> bool:
            nonlocal stepped_aside
            self._moved_at = self._clock()
            if job.is_cancelled or self._stopped:
                return True
            if not job.said:
                wait_ms, prefill_ms = (began - job.queued_at) * 1000, (self._moved_at - began) * 1000
                job.on_begin(wait_ms, prefill_ms, job.generator.reused_tokens)
            job.said.append(token.id)
            job.on_token(token)
            if token.id in job.wanted.end_ids or len(job.said) == job.wanted.max_new_tokens:
                return True
            stepped_aside = bool(self._queue) and self._queue[0][0] < job.priority
            return stepped_aside

        job.generator.generate(job.wanted.after(job.said), on_token)
        if stepped_aside and not job.is_cancelled:
            return False
        if not job.is_cancelled:
            job.on_done()
        return True
