"""Show only what is likely right: token probabilities and cheap signs decide whether to show, and where to cut.

What the model said is cut at a border at which a person would stop too: behind a whole word or sign in a line, at a
line end in a block. At each border the probability that the text is right up to there is estimated, by the logistic
that was fitted to the model on projects it has never seen (`training/confidence.py`), from the signs below. A model
without one is believed: the probability is the product of its tokens', and of the end's where it ended there by itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.document import Cursor
from engine.generated import Generated
from engine.text import is_word_character
from engine.types import Mode

MIN_SHOWN_CHARS = 2  # that are not blank: less is typed faster than read
NEAR_CHARS = 6000  # before and behind the cursor, where a text's words are looked for
FEW_CHARS, SOME_CHARS = 4, 10  # before the cursor, that stood before the same text elsewhere too
LEAST_LOG_PROB = -6.0  # 1 : 400; what is less likely is never shown
WORD = re.compile(r"[^\W\d]\w*")
FIRST_WORD = re.compile(r"\W*\w*")
LAST_WORD = re.compile(r"\w+$")

# What the estimator is made from. Their weights stand in model.toml under the same names.
FEATURES = (
    "one", "log_prob", "probability", "least_log_prob", "first_log_prob", "tokens", "chars", "lines", "ended", "block",
    "line_is_empty", "inside_word", "words_unknown", "words_seen", "ends_in_word", "digits", "first_word_seen",
    "line_seen",
)  # fmt: skip


@dataclass(frozen=True)
class CutPoint:
    """What is said up to a border; `log_prob` is that of its tokens, and of the end where the text `ended` there."""

    text: str
    log_prob: float
    log_probs: tuple[float, ...]
    ended: bool = False


@dataclass(frozen=True)
class LikelyPart:
    """The part of what was generated that is shown, "" where none is, and its probability."""

    text: str
    confidence: float


def find_likely_part(
    generated: Generated, mode: Mode, threshold: float, cursor: Cursor, weights: Mapping[str, float]
) -> LikelyPart:
    """The longest likely part. With nothing likely, the text is "" and the confidence that of the likeliest."""
    best, estimator = LikelyPart("", 0.0), Estimator(cursor, mode, weights)
    for point in cut_points(generated, mode):
        if len("".join(point.text.split())) < MIN_SHOWN_CHARS:
            continue
        confidence = estimator.probability(point)
        if confidence >= threshold:
            best = LikelyPart(point.text, confidence)
        elif not best.text:
            best = LikelyPart("", max(confidence, best.confidence))
    return best


class Estimator:
    """The probability that texts at a cursor are right to their ends. Remembers which words it has looked for."""

    def __init__(self, cursor: Cursor, mode: Mode, weights: Mapping[str, float]) -> None:
        self._before, self._mode = cursor.line_before, mode
        self._near = f"{cursor.prefix[-NEAR_CHARS:]}\n{cursor.suffix[:NEAR_CHARS]}"
        self._known: dict[str, bool] = {}
        self._weights = [weights.get(name, 0.0) for name in FEATURES] if weights else []

    def probability(self, point: CutPoint) -> float:
        if not self._weights:
            return math.exp(point.log_prob)
        if point.log_prob < LEAST_LOG_PROB:
            return 0.0
        total = sum(weight * value for weight, value in zip(self._weights, self.features(point), strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def features(self, point: CutPoint) -> tuple[float, ...]:
        """The values of `FEATURES`, most of them within 0..3."""
        text, log_probs, before = point.text, point.log_probs, self._before
        inside = is_word_character(before[-1:]) and is_word_character(text[:1])
        # A word under way is looked for as a whole.
        under_way = LAST_WORD.search(before) if inside else None
        words = {word for word in WORD.findall((under_way[0] if under_way else "") + text) if len(word) > 1}
        unknown = sum(not self._is_near(word) for word in words)
        first = FIRST_WORD.match(text)
        first_word_seen = bool(first) and self._is_near(before[-FEW_CHARS:] + (first[0] if first else ""))
        line_seen = len(before.strip()) >= SOME_CHARS and self._is_near(before[-SOME_CHARS:] + text.partition("\n")[0])
        return (
            1.0,
            point.log_prob,
            math.exp(point.log_prob),
            max(LEAST_LOG_PROB, min(log_probs)),
            max(LEAST_LOG_PROB, log_probs[0]),
            math.log(len(log_probs)),
            math.log(len("".join(text.split()))),
            math.log(text.strip("\n").count("\n") + 1),
            float(point.ended),
            float(self._mode is Mode.BLOCK),
            float(not before.strip()),
            float(inside),
            min(3.0, unknown),
            min(3.0, len(words) - unknown),
            float(is_word_character(text[-1:])),
            float(any(char.isdigit() for char in text)),
            float(first_word_seen),
            float(line_seen),
        )

    def _is_near(self, text: str) -> bool:
        if text not in self._known:
            self._known[text] = text in self._near
        return self._known[text]


def cut_points(generated: Generated, mode: Mode) -> Iterator[CutPoint]:
    """The borders at which the text may be cut, nearest first."""
    total = 0.0
    text, log_probs = generated.text, generated.log_probs
    limit = text.find("\n") if mode is Mode.LINE and "\n" in text else len(text)
    for index, (end, log_prob) in enumerate(zip(generated.ends, log_probs, strict=True)):
        if end > limit:
            # The token that holds the line end closes the line: its probability is the end's.
            if limit:
                yield CutPoint(text[:limit], total + log_prob, log_probs[: index + 1], ended=True)
            return
        total += log_prob
        if index + 1 < len(generated.ends) and generated.ends[index + 1] == end:
            continue  # a character of several tokens is there with its last one
        last = index == len(generated.ends) - 1
        if last and generated.end_log_prob is not None:
            yield CutPoint(text[:end], total + generated.end_log_prob, log_probs[: index + 1], ended=True)
        elif _is_border(text, end, mode):
            yield CutPoint(text[:end], total, log_probs[: index + 1])


def _is_border(text: str, end: int, mode: Mode) -> bool:
    if mode is Mode.BLOCK and "\n" in text[:end]:
        return text[end : end + 1] == "\n"  # a line that was cut off at the end of what was decoded is half a line
    if end == len(text):
        return not text[-1:].isalnum()  # a word at the end of what was decoded may go on
    return not (is_word_character(text[end - 1]) and is_word_character(text[end]))
