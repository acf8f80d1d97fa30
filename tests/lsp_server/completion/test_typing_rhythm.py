"""The arithmetic with given timestamps; the waiting with events."""

from __future__ import annotations

import asyncio

import pytest

from lsp_server.completion.typing_rhythm import MAX_DELAY_MS, MAX_IDLE_MS, MIN_IDLE_MS, USUAL_IDLE_MS, Debounce


class Clock:
    def __init__(self) -> None:
        self.ms = 0.0

    def __call__(self) -> float:
        return self.ms / 1000


def typed(gaps: list[float], model_ms: float | None) -> tuple[Debounce, Clock]:
    """A person who has typed with these gaps between keys, the last key just now; a model that takes so long."""
    clock = Clock()
    debounce = Debounce(clock)
    debounce.key_pressed()
    for gap in gaps:
        clock.ms += gap
        debounce.key_pressed()
    if model_ms is not None:
        debounce.answered(model_ms)
    return debounce, clock


@pytest.mark.parametrize(
    ("gaps", "model_ms", "delay"),
    [
        ([], 500.0, 0.0),
        ([200.0] * 3, 500.0, 0.0),
        ([200.0] * 8, None, 0.0),
        ([200.0] * 8, 60.0, 0.0),
        ([200.0] * 8, 160.0, 0.0),
        ([200.0] * 8, 200.0, 100.0),
        ([200.0] * 8, 240.0, 200.0),
        ([200.0] * 8, 5_000.0, 200.0),
        ([100.0] * 9 + [180.0], 150.0, 100.0),
        ([100.0] * 7 + [180.0] * 3, 150.0, 180.0),
        ([400.0] * 8, 5_000.0, MAX_DELAY_MS),
        ([200.0] * 4 + [5_000.0] + [200.0] * 4, 240.0, 200.0),
    ],
    ids=[
        "nothing typed", "no rhythm yet", "nothing measured", "a fast model", "well within a gap", "as slow as a key",
        "slower", "no longer than the next key takes", "one slow key", "several", "the upper bound",
        "pauses are no rhythm",
    ],
)  # fmt: skip
def test_the_delay(gaps: list[float], model_ms: float | None, delay: float) -> None:
    assert typed(gaps, model_ms)[0].delay_ms() == pytest.approx(delay, abs=0.5)


def test_what_has_passed_since_the_last_key_counts() -> None:
    debounce, clock = typed([200.0] * 8, 1_000.0)
    clock.ms += 150
    assert debounce.delay_ms() == pytest.approx(50)
    clock.ms += 100
    assert debounce.delay_ms() == 0


def test_it_follows_the_model_and_the_person() -> None:
    debounce, clock = typed([200.0] * 8, 1_000.0)
    for _ in range(8):
        debounce.answered(20.0)
    assert debounce.delay_ms() == 0
    for _ in range(30):
        clock.ms += 15
        debounce.key_pressed()
    assert debounce.delay_ms() > 0  # faster than even this model


@pytest.mark.parametrize(
    ("gaps", "idle"),
    [([], USUAL_IDLE_MS), ([200.0] * 5, 400.0), ([30.0] * 5, MIN_IDLE_MS), ([900.0] * 5, MAX_IDLE_MS)],
)
def test_when_a_person_reads(gaps: list[float], idle: float) -> None:
    assert typed(gaps, None)[0].idle_ms() == pytest.approx(idle)


class Sleeper:
    """Sleeps until told."""

    def __init__(self) -> None:
        self.wake, self.asleep, self.seconds = asyncio.Event(), asyncio.Event(), 0.0

    async def __call__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asleep.set()
        await self.wake.wait()


def slow(sleeper: Sleeper) -> Debounce:
    clock = Clock()
    debounce = Debounce(clock, sleeper)
    for _ in range(8):
        clock.ms += 200
        debounce.key_pressed()
    debounce.answered(1_000.0)
    return debounce


async def test_the_wait_ends_with_its_time() -> None:
    sleeper = Sleeper()
    waiting = asyncio.ensure_future(slow(sleeper).wait(asyncio.Event()))
    await sleeper.asleep.wait()
    assert sleeper.seconds == pytest.approx(0.2)
    sleeper.wake.set()
    assert await waiting


async def test_the_wait_ends_as_soon_as_the_request_is_superseded() -> None:
    sleeper, superseded = Sleeper(), asyncio.Event()
    waiting = asyncio.ensure_future(slow(sleeper).wait(superseded))
    await sleeper.asleep.wait()
    superseded.set()
    assert not await waiting


async def test_the_wait_ends_as_soon_as_the_request_is_cancelled() -> None:
    sleeper = Sleeper()
    waiting = asyncio.ensure_future(slow(sleeper).wait(asyncio.Event()))
    await sleeper.asleep.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_without_a_delay_nothing_sleeps() -> None:
    sleeper = Sleeper()
    assert await Debounce(sleep=sleeper).wait(asyncio.Event())
    assert not sleeper.asleep.is_set()


async def test_who_accepts_need_not_pause() -> None:
    sleeper, hurry = Sleeper(), asyncio.Event()
    idling = asyncio.ensure_future(slow(sleeper).idle(hurry))
    await sleeper.asleep.wait()
    hurry.set()
    await idling
