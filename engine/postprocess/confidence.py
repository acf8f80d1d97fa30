"""Shows only what is probably right: token probabilities and cheap features decide whether to show, and where to cut.

An answer is cut at points at which a user would stop too: after a whole word or symbol in a line, at a line end in a
block. At each point a logistic estimates the probability that the text is right up to there, from the features below.
It was fitted to the model on projects that the model has never seen (`training/confidence.py`). A model without one is
trusted: the probability is the product of its tokens', and of the end's if it ended there by itself.
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

MIN_SHOWN_CHARS = 2  # without white space: less is typed faster than read
NEAR_CHARS = 6000  # before and after the cursor, in which a text's words are searched
FEW_CHARS, SOME_CHARS = 4, 10  # before the cursor, that precede the same text elsewhere too
LEAST_LOG_PROB = -6.0  # 1 : 400; what is less likely is never shown
WORD = re.compile(r"[^\W\d]\w*")
FIRST_WORD = re.compile(r"\W*\w*")
LAST_WORD = re.compile(r"\w+$")

# What the estimate is made from. Their weights have the same names in model.toml.
FEATURES = (
    "one", "log_prob", "probability", "least_log_prob", "first_log_prob", "tokens", "chars", "lines", "ended", "block",
    "line_is_empty", "inside_word", "words_unknown", "words_seen", "ends_in_word", "digits", "first_word_seen",
    "line_seen",
)  # fmt: skip


@dataclass(frozen=True)
class CutPoint:
    """A point at which an answer may be cut, and the answer up to there."""

    text: str
    log_prob: float  # of its tokens, and of the end if the answer ended there
    log_probs: tuple[float, ...]  # of each token
    ended: bool = False


@dataclass(frozen=True)
class LikelyPart:
    """The part of an answer that is shown."""

    text: str  # "" if none is
    confidence: float  # its probability, or that of the likeliest part


def find_likely_part(
    generated: Generated, mode: Mode, threshold: float, cursor: Cursor, weights: Mapping[str, float]
) -> LikelyPart:
    """Return the longest part with at least this probability."""
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
    """Estimates the probability that texts at a cursor are right to their ends. Remembers the words it has searched."""

    def __init__(self, cursor: Cursor, mode: Mode, weights: Mapping[str, float]) -> None:
        self._before, self._mode = cursor.line_before, mode
        self._near = f"{cursor.prefix[-NEAR_CHARS:]}\n{cursor.suffix[:NEAR_CHARS]}"
        self._known: dict[str, bool] = {}
        self._weights = [weights.get(name, 0.0) for name in FEATURES] if weights else []

    def probability(self, point: CutPoint) -> float:
        """Return the probability that the text up to a point is right."""
        if not self._weights:
            return math.exp(point.log_prob)
        if point.log_prob < LEAST_LOG_PROB:
            return 0.0
        total = sum(weight * value for weight, value in zip(self._weights, self.features(point), strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def features(self, point: CutPoint) -> tuple[float, ...]:
        """Return the values of `FEATURES`, most of them within 0..3."""
        text, log_probs, before = point.text, point.log_probs, self._before
        inside = is_word_character(before[-1:]) and is_word_character(text[:1])
        # A word that is being typed is searched as a whole.
        unfinished = LAST_WORD.search(before) if inside else None
        words = {word for word in WORD.findall((unfinished[0] if unfinished else "") + text) if len(word) > 1}
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
            float(any(map(str.isdigit, text))),
            float(first_word_seen),
            float(line_seen),
        )

    def _is_near(self, text: str) -> bool:
        if text not in self._known:
            self._known[text] = text in self._near
        return self._known[text]


def cut_points(generated: Generated, mode: Mode) -> Iterator[CutPoint]:
    """Yield the points at which the answer may be cut, nearest first."""
    total = 0.0
    text, log_probs = generated.text, generated.log_probs
    limit = text.find("\n") if mode is Mode.LINE and "\n" in text else len(text)
    for index, (end, log_prob) in enumerate(zip(generated.ends, log_probs, strict=True)):
        if end > limit:
            # The token with the line end closes the line: its probability is the end's.
            if limit:
                yield CutPoint(text[:limit], total + log_prob, log_probs[: index + 1], ended=True)
            return
        total += log_prob
        if index + 1 < len(generated.ends) and generated.ends[index + 1] == end:
            continue  # a character of several tokens is complete with the last of them
        last = index == len(generated.ends) - 1
        if last and generated.end_log_prob is not None:
            yield CutPoint(text[:end], total + generated.end_log_prob, log_probs[: index + 1], ended=True)
        elif _is_cut_point(text, end, mode):
            yield CutPoint(text[:end], total, log_probs[: index + 1])


def _is_cut_point(text: str, end: int, mode: Mode) -> bool:
    if mode is Mode.BLOCK and "\n" in text[:end]:
        return text[end : end + 1] == "\n"  # a line at the end of what was decoded may be half a line
    if end == len(text):
        return not text[-1:].isalnum()  # a word at the end of what was decoded may be half a word
    return not (is_word_character(text[end - 1]) and is_word_character(text[end]))
