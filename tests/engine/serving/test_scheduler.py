"""Who is served first, and what becomes of the others. The generator says a token each time it is let go on."""

from __future__ import annotations

import threading

import pytest

from engine.model.generator import Timing
from engine.model.protocol import Continuation, OnToken, Token
from engine.serving.scheduler import PAUSE_SECONDS, Job, Scheduler
from engine.types import Priority


class SteppedGenerator:
    """Says token 1, 2, 3 …; before each it waits for `step`, and tells `reached` that it does."""

    prefill_tokens_per_second = 1000.0
    reused_tokens = 0

    def __init__(self) -> None:
        self.prompts: list[list[int]] = []
        self.step, self.reached = threading.Semaphore(0), threading.Semaphore(0)

    def generate(self, wanted: Continuation, on_token: OnToken) -> Timing:
        self.prompts.append(list(wanted.tokens))
        for number in range(wanted.max_new_tokens):
            self.reached.release()
            self.step.acquire()
            if on_token(Token(number + 1, -0.1)):
                break
        return Timing(1.0, 1.0)


class Asked(Job):
    """A job that remembers what it was told."""

    def __init__(self, generator: SteppedGenerator, prompt: int, priority: Priority, tokens: int = 3) -> None:
        self.heard: list[int] = []
        self.done = threading.Event()
        self.fault = ""

        def failed(message: str) -> None:
            self.fault = message
            self.done.set()

        super().__init__(
            generator,
            Continuation([prompt], tokens),
            lambda *_: None,
            lambda token: self.heard.append(token.id),
            self.done.set,
            failed,
            priority=priority,
        )


@pytest.fixture
def scheduler() -> Scheduler:
    scheduler = Scheduler()
    scheduler.start()
    return scheduler


@pytest.fixture
def generator() -> SteppedGenerator:
    return SteppedGenerator()


def finish(generator: SteppedGenerator, *jobs: Asked) -> None:
    generator.step.release(100)
    for job in jobs:
        assert job.done.wait(5)


def test_the_most_urgent_goes_first(scheduler: Scheduler, generator: SteppedGenerator) -> None:
    running = Asked(generator, 1, Priority.COMPLETION)
    scheduler.submit(running)
    generator.reached.acquire()
    ahead, chat, line = (
        Asked(generator, n, p) for n, p in ((2, Priority.WARM_UP), (3, Priority.CHAT), (4, Priority(0)))
    )
    for job in (ahead, chat, line):
        scheduler.submit(job)
    finish(generator, running, ahead, chat, line)
    assert generator.prompts == [[1], [4], [3], [2]]


def test_a_chat_steps_aside_between_two_tokens_and_goes_on(scheduler: Scheduler, generator: SteppedGenerator) -> None:
    chat, line = Asked(generator, 1, Priority.CHAT), Asked(generator, 2, Priority.COMPLETION)
    scheduler.submit(chat)
    generator.reached.acquire()
    scheduler.submit(line)
    finish(generator, chat, line)
    assert generator.prompts == [[1], [2], [1, 1]]  # what it had said is part of its prompt now
    assert len(chat.heard) == 3


def test_what_stepped_aside_goes_on_in_a_pause(generator: SteppedGenerator) -> None:
    now = 0.0
    scheduler = Scheduler(clock=lambda: now)
    scheduler.start()
    chat, line, key = (Asked(generator, n, p) for n, p in ((1, Priority.CHAT), (2, Priority(0)), (3, Priority(0))))
    scheduler.submit(chat)
    generator.reached.acquire()
    scheduler.submit(line)
    finish(generator, line)
    scheduler.submit(key)
    finish(generator, key)
    assert generator.prompts == [[1], [2], [3]]  # reading the answer anew would have held the key up
    now = PAUSE_SECONDS
    finish(generator, chat)
    assert generator.prompts[3:] == [[1, 1]]


def test_equals_wait_for_each_other(scheduler: Scheduler, generator: SteppedGenerator) -> None:
    first, second = Asked(generator, 1, Priority.CHAT), Asked(generator, 2, Priority.CHAT)
    scheduler.submit(first)
    scheduler.submit(second)
    finish(generator, first, second)
    assert generator.prompts == [[1], [2]]


def test_a_cancelled_job_leaves_the_queue(scheduler: Scheduler, generator: SteppedGenerator) -> None:
    running, waiting, last = (Asked(generator, n, Priority.COMPLETION) for n in (1, 2, 3))
    scheduler.submit(running)
    generator.reached.acquire()
    scheduler.submit(waiting)
    scheduler.submit(last)
    scheduler.cancel(waiting)
    finish(generator, running, last)
    assert generator.prompts == [[1], [3]]


def test_a_cancelled_job_ends_with_its_next_token(scheduler: Scheduler, generator: SteppedGenerator) -> None:
    running, next_one = Asked(generator, 1, Priority.COMPLETION, tokens=100), Asked(generator, 2, Priority.COMPLETION)
    scheduler.submit(running)
    generator.reached.acquire()
    scheduler.submit(next_one)
    scheduler.cancel(running)
    generator.step.release()
    generator.reached.acquire()
    assert generator.prompts == [[1], [2]]
    finish(generator, next_one)
    assert running.heard == []


def test_a_fault_is_told_and_the_others_go_on(scheduler: Scheduler, generator: SteppedGenerator) -> None:
    class Broken(SteppedGenerator):
        def generate(self, *_: object, **__: object):
            raise RuntimeError("CUDA failed with error out of memory\nand more")

    broken, well = Asked(Broken(), 1, Priority.COMPLETION), Asked(generator, 2, Priority.COMPLETION)
    scheduler.submit(broken)
    scheduler.submit(well)
    finish(generator, broken, well)
    assert broken.fault == "the model failed: CUDA failed with error out of memory"


def test_work_that_stands_still_is_overdue(generator: SteppedGenerator) -> None:
    now = 0.0
    scheduler = Scheduler(clock=lambda: now)
    scheduler.start()
    job = Asked(generator, 1, Priority.COMPLETION)
    scheduler.submit(job)
    generator.reached.acquire()
    assert scheduler.overdue_seconds == 0
    now = 100.0
    assert scheduler.overdue_seconds > 60
    finish(generator, job)
