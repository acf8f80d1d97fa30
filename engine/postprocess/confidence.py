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

from engine.postprocess.draft import Place
from engine.types import Generated, Mode

MIN_SHOWN_CHARS = 2  # that are not blank: less is typed faster than read
KNOWN_WORD_CHARS = 3  # a shorter word is everywhere
NEAR_CHARS = 6000  # before and behind the cursor, where a text's words are looked for
LEAST_LOG_PROB = -12.0  # less than this is as unlikely
WORD = re.compile(r"[^\W\d]\w*")

# What the estimate is made from; numbers, mostly within 0..3. Their weights stand in model.toml under the same names.
SIGNS = (
    "one", "log_prob", "least_log_prob", "first_log_prob", "last_log_prob", "end_log_prob", "tokens", "chars", "lines",
    "ended", "block", "line_is_empty", "line_goes_on", "inside_word", "words_unknown", "words_seen_near",
    "ends_in_word", "indented_language",
)  # fmt: skip


@dataclass(frozen=True)
class Border:
    """What is said up to a border; `log_prob` is that of its tokens, and of the end where the text ends with it."""

    text: str
    log_prob: float
    log_probs: tuple[float, ...]
    end_log_prob: float | None


@dataclass(frozen=True)
class Shown:
    """The part of what was generated that is shown, "" where none is, and its probability."""

    text: str
    confidence: float


def shown_part(generated: Generated, mode: Mode, threshold: float, place: Place, weights: Mapping[str, float]) -> Shown:
    """The longest likely part. With nothing likely, the text is "" and the confidence that of the likeliest."""
    best = Shown("", 0.0)
    for border in borders(generated, mode):
        if len("".join(border.text.split())) < MIN_SHOWN_CHARS:
            continue
        confidence = probability(border, mode, place, weights)
        if confidence >= threshold:
            best = Shown(border.text, confidence)
        elif not best.text:
            best = Shown("", max(confidence, best.confidence))
    return best


def probability(border: Border, mode: Mode, place: Place, weights: Mapping[str, float]) -> float:
    """The probability that a text is right to its end."""
    if not weights:
        return math.exp(border.log_prob)
    total = sum(weights.get(name, 0.0) * value for name, value in zip(SIGNS, signs(border, mode, place), strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def signs(border: Border, mode: Mode, place: Place) -> tuple[float, ...]:
    """The values of `SIGNS`."""
    text, log_probs = border.text, border.log_probs
    before, after = place.line_before, place.line_after
    near = place.prefix[-NEAR_CHARS:] + "\n" + place.suffix[:NEAR_CHARS]
    inside = _in_word(before[-1:]) and _in_word(text[:1])
    # A word under way is looked for as a whole.
    start = (re.search(r"\w+$", before) or [""])[0] if inside else ""
    words = {word for word in WORD.findall(start + text) if len(word) >= KNOWN_WORD_CHARS}
    unknown = sum(word not in near for word in words)
    return (
        1.0,
        max(LEAST_LOG_PROB, border.log_prob),
        max(LEAST_LOG_PROB, min(log_probs)),
        max(LEAST_LOG_PROB, log_probs[0]),
        max(LEAST_LOG_PROB, log_probs[-1]),
        max(LEAST_LOG_PROB, border.end_log_prob or 0.0),
        math.log(len(log_probs)),
        math.log(len("".join(text.split()))),
        math.log(text.strip("\n").count("\n") + 1),
        float(border.end_log_prob is not None),
        float(mode is Mode.BLOCK),
        float(not before.strip()),
        float(bool(after.strip())),
        float(inside),
        min(3.0, unknown),
        min(3.0, len(words) - unknown),
        float(_in_word(text[-1:])),
        float(place.language.id == "python"),
    )


def borders(generated: Generated, mode: Mode) -> Iterator[Border]:
    """The borders at which the text may be cut, nearest first."""
    total = 0.0
    text, log_probs = generated.text, generated.log_probs
    limit = text.find("\n") if mode is Mode.LINE and "\n" in text else len(text)
    for index, (end, log_prob) in enumerate(zip(generated.ends, log_probs, strict=True)):
        if end > limit:
            # The token that holds the line end closes the line: its probability is the end's.
            if limit:
                yield Border(text[:limit], total + log_prob, log_probs[: index + 1], log_prob)
            return
        total += log_prob
        if index + 1 < len(generated.ends) and generated.ends[index + 1] == end:
            continue  # a character of several tokens is there with its last one
        last = index == len(generated.ends) - 1
        if last and generated.end_log_prob is not None:
            yield Border(text[:end], total + generated.end_log_prob, log_probs[: index + 1], generated.end_log_prob)
        elif _is_border(text, end, mode):
            yield Border(text[:end], total, log_probs[: index + 1], None)


def _is_border(text: str, end: int, mode: Mode) -> bool:
    if mode is Mode.BLOCK and "\n" in text[:end]:
        return text[end : end + 1] == "\n"  # a line that was cut off at the end of what was decoded is half a line
    if end == len(text):
        return not text[-1:].isalnum()  # a word at the end of what was decoded may go on
    return not (_in_word(text[end - 1]) and _in_word(text[end]))


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"
