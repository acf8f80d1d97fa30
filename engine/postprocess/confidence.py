"""Show only what is likely right: token probabilities decide whether to show, and where to cut.

The probability that a text is right to its end is taken as the product of its tokens' probabilities, and of the end's
where the model ended there by itself. What falls below the threshold is cut back to a border at which a person would
stop too: behind a whole word or sign in a line, at a line end in a block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from engine.types import Generated, Mode

MIN_SHOWN_CHARS = 2  # that are not blank: less is typed faster than read


@dataclass(frozen=True)
class Shown:
    """The part of what was generated that is shown, "" where none is, and its probability."""

    text: str
    confidence: float


def shown_part(generated: Generated, mode: Mode, threshold: float) -> Shown:
    """The longest likely part. With nothing likely, the text is "" and the confidence that of the whole."""
    best = Shown("", confidence_of_whole(generated))
    for text, confidence in borders(generated, mode):
        if confidence >= threshold and len("".join(text.split())) >= MIN_SHOWN_CHARS:
            best = Shown(text, confidence)
    return best


def confidence_of_whole(generated: Generated) -> float:
    """The probability that all that was generated is right, its end included."""
    return math.exp(sum(generated.log_probs) + (generated.end_log_prob or 0.0))


def borders(generated: Generated, mode: Mode) -> Iterator[tuple[str, float]]:
    """(text up to a border, the probability that it is right to there), shortest first."""
    total = 0.0
    text = generated.text
    limit = text.find("\n") if mode is Mode.LINE and "\n" in text else len(text)
    for index, (end, log_prob) in enumerate(zip(generated.ends, generated.log_probs, strict=True)):
        if end > limit:
            # The token that holds the line end closes the line: its probability is the end's.
            yield text[:limit], math.exp(total + log_prob)
            return
        total += log_prob
        if index + 1 < len(generated.ends) and generated.ends[index + 1] == end:
            continue  # a character of several tokens is there with its last one
        last = index == len(generated.ends) - 1
        if last and generated.end_log_prob is not None:
            yield text[:end], math.exp(total + generated.end_log_prob)
        elif _is_border(text, end, mode):
            yield text[:end], math.exp(total)


def _is_border(text: str, end: int, mode: Mode) -> bool:
    if mode is Mode.BLOCK and "\n" in text[:end]:
        return text[end : end + 1] == "\n"  # a line that was cut off at the end of what was decoded is half a line
    if end == len(text):
        return not text[-1:].isalnum()  # a word at the end of what was decoded may go on
    return not (_in_word(text[end - 1]) and _in_word(text[end]))


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"
