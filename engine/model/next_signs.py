"""Which character comes next: of the tokens that a model finds probable at a place, their first characters."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from engine.model.protocol import Tokenizer

TOKENS = 24  # of the most probable ones: what is less probable is not worth asking ahead
LEAST_PROBABILITY = 0.04
HALF_A_CHARACTER = "\ufffd"


def next_signs(tokens: Iterable[tuple[int, float]], typed: str, tokenizer: Tokenizer) -> tuple[str, ...]:
    """The probable characters behind `typed`, the most probable first.

    `tokens`: (id, log-probability) of those that may stand at the place where `typed` begins. A line break is none: an
    editor indents what follows by its own rules.
    """
    shares: dict[str, float] = defaultdict(float)
    total = 0.0
    for token, log_prob in tokens:
        text = tokenizer.decode([token])
        if not text.startswith(typed):
            continue
        total += math.exp(log_prob)
        if sign := text[len(typed) : len(typed) + 1]:
            shares[sign] += math.exp(log_prob)
    kept = [sign for sign, share in shares.items() if share >= LEAST_PROBABILITY * total]
    return tuple(
        sorted((sign for sign in kept if sign not in {"\n", "\r", HALF_A_CHARACTER}), key=lambda s: -shares[s])
    )
