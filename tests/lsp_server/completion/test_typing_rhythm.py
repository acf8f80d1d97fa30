"""The arithmetic with given timestamps; the waiting with events."""

from __future__ import annotations

import asyncio

import pytest

from lsp_server.completion.typing_rhythm import MAX_DELAY_MS, MAX_PAUSE_MS, MIN_PAUSE_MS, USUAL_PAUSE_MS, TypingRhythm


class Clock:
    def __init__(self) -> None:
        self.ms = 0.0

    def __call__(self) -> float:
        return self.ms / 1000


def typed(gaps: list[float], model_ms: float | None) -> tuple[TypingRhythm, Clock]:
    """A person who has typed with these gaps between keys, the last key just now; a model that takes so long."""
    clock = Clock()
    rhythm = TypingRhythm(clock)
    rhythm.note_key()
    for gap in gaps:
        clock.ms += gap
        rhythm.note_key()
    if model_ms is not None:
        rhythm.note_answer(model_ms)
    return rhythm, clock


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
    rhythm, clock = typed([200.0] * 8, 1_000.0)
    clock.ms += 150
    assert rhythm.delay_ms() == pytest.approx(50)
    clock.ms += 100
    assert rhythm.delay_ms() == 0


def test_it_follows_the_model_and_the_person() -> None:
    rhythm, clock = typed([200.0] * 8, 1_000.0)
    for _ in range(8):
        rhythm.note_answer(20.0)
    assert rhythm.delay_ms() == 0
    for _ in range(30):
        clock.ms += 15
        rhythm.note_key()
    assert rhythm.delay_ms() > 0  # faster than even this model


@pytest.mark.parametrize(
    ("gaps", "pause"),
    [([], USUAL_PAUSE_MS), ([200.0] * 5, 400.0), ([30.0] * 5, MIN_PAUSE_MS), ([900.0] * 5, MAX_PAUSE_MS)],
)
def test_when_a_person_reads(gaps: list[float], pause: float) -> None:
    assert typed(gaps, None)[0].pause_ms() == pytest.approx(pause)


class Sleeper:
    """Sleeps until it is woken."""

    def __init__(self) -> None:
        self.wake, self.asleep, self.seconds = asyncio.Event(), asyncio.Event(), 0.0

    async def __call__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asleep.set()
        await self.wake.wait()


def slow(sleeper: Sleeper) -> TypingRhythm:
    clock = Clock()
    rhythm = TypingRhythm(clock, sleeper)
    for _ in range(8):
        clock.ms += 200
        rhythm.note_key()
    rhythm.note_answer(1_000.0)
    return rhythm


async def test_the_wait_ends_with_its_time() -> None:
    sleeper = Sleeper()
    waiting = asyncio.ensure_future(slow(sleeper).wait_out_delay(asyncio.Event()))
    await sleeper.asleep.wait()
    assert sleeper.seconds == pytest.approx(0.2)
    sleeper.wake.set()
    assert await waiting


async def test_the_wait_ends_as_soon_as_the_request_is_superseded() -> None:
    sleeper, superseded = Sleeper(), asyncio.Event()
    waiting = asyncio.ensure_future(slow(sleeper).wait_out_delay(superseded))
    await sleeper.asleep.wait()
    superseded.set()
    assert not await waiting


async def test_the_wait_ends_as_soon_as_the_request_is_cancelled() -> None:
    sleeper = Sleeper()
    waiting = asyncio.ensure_future(slow(sleeper).wait_out_delay(asyncio.Event()))
    await sleeper.asleep.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_without_a_delay_nothing_sleeps() -> None:
    sleeper = Sleeper()
    assert await TypingRhythm(sleep=sleeper).wait_out_delay(asyncio.Event())
    assert not sleeper.asleep.is_set()


async def test_who_accepts_need_not_pause() -> None:
    sleeper, hurry = Sleeper(), asyncio.Event()
    idling = asyncio.ensure_future(slow(sleeper).wait_for_pause(hurry))
    await sleeper.asleep.wait()
    hurry.set()
    await idling
