"""How long to wait before the model is asked: as the person types, and as fast as this model answers.

A model that answers between two keys is asked at each. A slower one would mostly work for nobody: the next key
supersedes its work, of which the prefill cannot be stopped. It is asked once the next key is overdue. Decoding is no
reason to wait: it ends with the first token that the person does not type.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from statistics import median, quantiles

MAX_DELAY_MS = 250.0
BURST_GAP_MS = 1_000.0  # between keys; what is longer is a pause, not a rhythm
KEPT_GAPS = 24
MIN_GAPS = 4  # before there is a rhythm
KEPT_ANSWERS = 8
# Of a gap: an answer that takes less is there before the next key; one that takes more nearly never is.
WELL_WITHIN, TOO_LATE = 0.8, 1.2
WHOLE_ANSWER = 2.0  # times its first token's, for a short one
OVERDUE = 8  # tenths of the gaps that are shorter than what is waited
IDLE_GAPS = 2.0  # without a key, and the person reads
MIN_IDLE_MS, USUAL_IDLE_MS, MAX_IDLE_MS = 150.0, 300.0, 600.0


class Debounce:
    """On the event loop. `clock` is in seconds; `sleep` waits so many."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._last_key: float | None = None
        self._gaps: deque[float] = deque(maxlen=KEPT_GAPS)
        self._answers: deque[float] = deque(maxlen=KEPT_ANSWERS)

    def key_pressed(self) -> None:
        """The text changed now."""
        now = self._clock()
        if self._last_key is not None and (gap := (now - self._last_key) * 1000) <= BURST_GAP_MS:
            self._gaps.append(gap)
        self._last_key = now

    def answered(self, model_ms: float) -> None:
        """The model took so long to its first token."""
        self._answers.append(model_ms)

    @property
    def gap_ms(self) -> float | None:
        """The median time between two keys of a burst; None until that is known."""
        return median(self._gaps) if len(self._gaps) >= MIN_GAPS else None

    def delay_ms(self) -> float:
        """How long to wait from now. 0 where nothing is known yet."""
        gap = self.gap_ms
        if not gap or not self._answers or self._last_key is None:
            return 0.0
        slowness = (median(self._answers) / gap - WELL_WITHIN) / (TOO_LATE - WELL_WITHIN)
        overdue = quantiles(self._gaps, n=10, method="inclusive")[OVERDUE - 1]
        delay = min(overdue * min(1.0, max(0.0, slowness)), MAX_DELAY_MS)
        return max(0.0, delay - (self._clock() - self._last_key) * 1000)

    def spare_answers(self) -> int:
        """How many more answers fit between two keys than the one that is waited for; 0 while that is not known."""
        gap = self.gap_ms
        if not gap or not self._answers:
            return 0
        return max(0, int(WELL_WITHIN * gap / max(1.0, WHOLE_ANSWER * median(self._answers))) - 1)

    def idle_ms(self) -> float:
        """After how long without a key the person is taken to read, not to type."""
        gap = self.gap_ms
        return USUAL_IDLE_MS if gap is None else min(max(gap * IDLE_GAPS, MIN_IDLE_MS), MAX_IDLE_MS)

    async def wait(self, superseded: asyncio.Event) -> bool:
        """Waits out the delay; False as soon as the request is superseded."""
        delay = self.delay_ms()
        return await self._unless(superseded, delay) if delay else not superseded.is_set()

    async def idle(self, hurry: asyncio.Event) -> None:
        """Waits until the person has paused, or until `hurry`."""
        await self._unless(hurry, self.idle_ms())

    async def _unless(self, event: asyncio.Event, ms: float) -> bool:
        """Waits so long; False as soon as `event` is set."""
        waits = [asyncio.ensure_future(self._sleep(ms / 1000)), asyncio.ensure_future(event.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        return not event.is_set()
