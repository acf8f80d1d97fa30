"""Measures how fast a model decodes on this machine, from its last answers."""

from __future__ import annotations

from collections import deque
from statistics import median

from engine.generated import Generated

KEPT_ANSWERS = 8
MIN_TOKENS = 4  # fewer are too few to measure


class DecodeSpeed:
    """The median speed of the last answers. One thread at a time."""

    def __init__(self) -> None:
        self._speeds: deque[float] = deque(maxlen=KEPT_ANSWERS)

    def record(self, generated: Generated) -> None:
        """Measure an answer, if it is long enough."""
        steps = len(generated.ends) - 1  # the first token comes with the prefill
        if steps >= MIN_TOKENS and generated.decode_ms > 0:
            self._speeds.append(steps / generated.decode_ms * 1000)

    @property
    def tokens_per_second(self) -> float | None:
        """The speed, or None if nothing was measured yet."""
        return median(self._speeds) if self._speeds else None
