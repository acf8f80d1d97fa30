"""The wait before the model is asked. It depends on how fast the user types, and how fast this model answers.

A model that answers between two keys is asked at each. A slower one would mostly work for nothing: the next key
supersedes its work, and a prefill cannot be stopped. It is asked once the next key is overdue. Decoding is no reason to
wait: it ends with the first token that the user does not type.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from statistics import median, quantiles

MAX_DELAY_MS = 250.0
BURST_GAP_MS = 1_000.0  # between keys; a longer gap is a pause and no part of the rhythm
KEPT_GAPS = 24
MIN_GAPS = 4  # before there is a rhythm
KEPT_ANSWERS = 8
# Of a gap: an answer that takes less is there before the next key; one that takes more nearly never is.
WELL_WITHIN, TOO_LATE = 0.8, 1.2
WHOLE_ANSWER = 2.0  # a short answer's time, in times of its first token
OVERDUE = 8  # tenths of the gaps that are shorter than what is waited
PAUSE_GAPS = 2.0  # without a key, and the user is taken to read
MIN_PAUSE_MS, USUAL_PAUSE_MS, MAX_PAUSE_MS = 150.0, 300.0, 600.0


class TypingRhythm:
    """On the event loop. `clock` is in seconds; `sleep` waits that many."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._last_key: float | None = None
        self._gaps: deque[float] = deque(maxlen=KEPT_GAPS)
        self._answers: deque[float] = deque(maxlen=KEPT_ANSWERS)

    def note_key(self) -> None:
        """Note that the text has changed now."""
        now = self._clock()
        if self._last_key is not None and (gap := (now - self._last_key) * 1000) <= BURST_GAP_MS:
            self._gaps.append(gap)
        self._last_key = now

    def note_answer(self, prefill_ms: float) -> None:
        """Note how long the model took until its first token."""
        self._answers.append(prefill_ms)

    @property
    def gap_ms(self) -> float | None:
        """The median time between two keys of a burst; None until that is known."""
        return median(self._gaps) if len(self._gaps) >= MIN_GAPS else None

    def delay_ms(self) -> float:
        """Return how long to wait from now; 0 as long as too little is known."""
        gap = self.gap_ms
        if not gap or not self._answers or self._last_key is None:
            return 0.0
        slowness = (median(self._answers) / gap - WELL_WITHIN) / (TOO_LATE - WELL_WITHIN)
        overdue = quantiles(self._gaps, n=10, method="inclusive")[OVERDUE - 1]
        delay = min(overdue * min(1.0, max(0.0, slowness)), MAX_DELAY_MS)
        return max(0.0, delay - (self._clock() - self._last_key) * 1000)

    def spare_answers(self) -> int:
        """Return how many more answers fit between two keys than the awaited one; 0 as long as that is not known."""
        gap = self.gap_ms
        if not gap or not self._answers:
            return 0
        return max(0, int(WELL_WITHIN * gap / max(1.0, WHOLE_ANSWER * median(self._answers))) - 1)

    def pause_ms(self) -> float:
        """Return after how long without a key the user is taken to read and not to type."""
        gap = self.gap_ms
        return USUAL_PAUSE_MS if gap is None else min(max(gap * PAUSE_GAPS, MIN_PAUSE_MS), MAX_PAUSE_MS)

    async def wait_out_delay(self, superseded: asyncio.Event) -> bool:
        """Wait for the delay to pass. Return False as soon as the request is superseded, else True."""
        delay = self.delay_ms()
        return await self._wait(delay, superseded) if delay else not superseded.is_set()

    async def wait_for_pause(self, hurry: asyncio.Event) -> None:
        """Wait until the user pauses, or until `hurry` is set."""
        await self._wait(self.pause_ms(), hurry)

    async def _wait(self, ms: float, event: asyncio.Event) -> bool:
        """Return True after that time, or False as soon as `event` is set."""
        waits = [asyncio.ensure_future(self._sleep(ms / 1000)), asyncio.ensure_future(event.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        return not event.is_set()
