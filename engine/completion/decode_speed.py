"""How fast this model decodes on this machine, as its last answers show. One thread at a time."""

from __future__ import annotations

from collections import deque
from statistics import median

from engine.generated import Generated

KEPT_ANSWERS = 8
MIN_TOKENS = 4  # fewer say nothing of the speed


class DecodeSpeed:
    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=KEPT_ANSWERS)

    def record(self, generated: Generated) -> None:
        steps = len(generated.ends) - 1  # the first token is there with the prompt
        if steps >= MIN_TOKENS and generated.decode_ms > 0:
            self._seen.append(steps / generated.decode_ms * 1000)

    @property
    def tokens_per_second(self) -> float | None:
        """None where nothing was seen yet."""
        return median(self._seen) if self._seen else None
