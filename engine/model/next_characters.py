"""Which characters come next: the first characters of the tokens that a model finds probable."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from engine.model.protocol import Tokenizer
from engine.text import HALF_A_CHARACTER, LF

TOKENS = 24  # of the likeliest ones: what is less probable is not worth a prefetch
LEAST_PROBABILITY = 0.04


def find_next_characters(
    tokens: Iterable[tuple[int, float]], typed: str, tokenizer: Tokenizer, end_log_prob: float | None = None
) -> tuple[str, ...]:
    """Return the probable characters after `typed`, the likeliest first.

    `tokens` are (id, log-probability) of those that may be where `typed` begins; `end_log_prob` is that of ending
    there, which ends the line too. A line break is among them only if nothing is more probable: what comes after it
    takes longest to compute.
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
        if character := text[len(typed) : len(typed) + 1]:
            shares[LF if character == "\r" else character] += math.exp(log_prob)
    kept = [
        character
        for character, share in shares.items()
        if share >= LEAST_PROBABILITY * total and character != HALF_A_CHARACTER
    ]
    kept.sort(key=lambda character: -shares[character])
    return tuple(character for character in kept if character != LF or character == kept[0])
