"""Token healing: the word before the cursor is taken back, and the answer begins with its text.

Where a person stops in the middle of `configuration`, the tokenizer makes tokens of `confi` that the model has hardly
ever read before `guration`. Without them, of the tokens that agree with `confi` the model chooses those it expects.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from engine.model.protocol import StopRule, Tokenizer
from engine.types import CancellationToken, Generated

MAX_STEPS = 4  # tokens that together may make up what was taken back
LOOKED_AT = 200  # of the most probable tokens; where none of them agrees with what is typed, nothing is taken back
HALF_A_CHARACTER = "\ufffd"


class Generate(Protocol):
    """A model's `generate`, all but what is asked here settled."""

    def __call__(
        self,
        tokens: Sequence[int],
        max_new_tokens: int,
        stop: StopRule,
        cancellation: CancellationToken,
        others: int = 0,
    ) -> Generated: ...


def healed(
    generate: Generate,
    tokenizer: Tokenizer,
    tokens: Sequence[int],
    held: tuple[int, int],
    max_new_tokens: int,
    stop: StopRule,
    cancellation: CancellationToken,
) -> Generated:
    """The answer to `tokens` without those from `held[0]` to `held[1]`, from behind their text on.

    The probability of its first token is among those that agree with what is typed. As `generate` alone where they are
    no piece of a line, or where the model expects nothing that begins with it.
    """
    start, end = held
    typed = tokenizer.decode(tokens[start:end])
    kept = [*tokens[:start], *tokens[end:]]
    begun: list[int] = []
    text, log_prob, prefill_ms = "", 0.0, 0.0
    usable = bool(typed.strip()) and "\n" not in typed and HALF_A_CHARACTER not in typed
    while usable and len(text) < len(typed):
        first = generate([*kept, *begun], 1, lambda _: True, cancellation, LOOKED_AT)
        prefill_ms += first.prefill_ms
        agreeing = _agreeing(first, typed[len(text) :], tokenizer)
        if not agreeing or len(begun) == MAX_STEPS:
            usable = False
            break
        token, best = max(agreeing, key=lambda each: each[1])
        log_prob += best - math.log(sum(math.exp(each) for _, each in agreeing))
        begun.append(token)
        text = tokenizer.decode(begun)
        usable = text.startswith(typed) or typed.startswith(text)
    if not usable:
        said = generate(tokens, max_new_tokens, stop, cancellation)
        return replace(said, prefill_ms=said.prefill_ms + prefill_ms)
    begins = text[len(typed) :]
    if begins and (stop(begins) or len(begun) >= max_new_tokens):
        return Generated(begins, (len(begins),), (log_prob,), prefill_ms=prefill_ms)
    left = max(1, max_new_tokens - len(begun))
    rest = generate([*kept, *begun], left, lambda more: stop(begins + more), cancellation)
    return _joined(begins, log_prob, replace(rest, prefill_ms=rest.prefill_ms + prefill_ms))


def _agreeing(first: Generated, typed: str, tokenizer: Tokenizer) -> list[tuple[int, float]]:
    """The tokens that begin with all of `typed`, with their log-probabilities; where none does, what it begins with."""
    if not first.tokens:
        return []
    told = [(first.tokens[0], first.log_probs[0]), *(first.others[0] if first.others else ())]
    found = []
    for token, log_prob in told:
        text = tokenizer.decode([token])
        if text and HALF_A_CHARACTER not in text and (text.startswith(typed) or typed.startswith(text)):
            found.append((token, log_prob, text))
    whole = [(token, log_prob) for token, log_prob, text in found if text.startswith(typed)]
    return whole or [(token, log_prob) for token, log_prob, _ in found]


def _joined(begins: str, log_prob: float, rest: Generated) -> Generated:
    """`begins`, said with `log_prob`, and the rest; with nothing left of it, the next token answers for it."""
    if begins:
        ends = (len(begins), *(len(begins) + end for end in rest.ends))
        return replace(rest, text=begins + rest.text, ends=ends, log_probs=(log_prob, *rest.log_probs), tokens=())
    if rest.log_probs:
        return replace(rest, log_probs=(rest.log_probs[0] + log_prob, *rest.log_probs[1:]), tokens=())
    return replace(rest, end_log_prob=None if rest.end_log_prob is None else rest.end_log_prob + log_prob)
