"""Which character comes next: of the tokens that a model finds probable at a place, their first characters."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from engine.model.protocol import Tokenizer
from engine.text import HALF_A_CHARACTER, LF

TOKENS = 24  # of the most probable ones: what is less probable is not worth asking ahead
LEAST_PROBABILITY = 0.04


def next_signs(
    tokens: Iterable[tuple[int, float]], typed: str, tokenizer: Tokenizer, end_log_prob: float | None = None
) -> tuple[str, ...]:
    """The probable characters behind `typed`, the most probable first.

    `tokens`: (id, log-probability) of those that may stand at the place where `typed` begins; `end_log_prob` that of
    ending there, which is a line's end too. A line break is told where nothing is more probable: what comes below it
    takes longest to ask.
    """
    shares: dict[str, float] = defaultdict(float)
    total = 0.0
    if end_log_prob is not None:
        shares[LF] = total = math.exp(end_log_prob)
    for token, log_prob in tokens:
        text = tokenizer.decode([token])
        if not text.startswith(typed):
            continue
        total += math.exp(log_prob)
        if sign := text[len(typed) : len(typed) + 1]:
            shares[LF if sign == "\r" else sign] += math.exp(log_prob)
    kept = [sign for sign, share in shares.items() if share >= LEAST_PROBABILITY * total and sign != HALF_A_CHARACTER]
    kept.sort(key=lambda sign: -shares[sign])
    return tuple(sign for sign in kept if sign != LF or sign == kept[0])
