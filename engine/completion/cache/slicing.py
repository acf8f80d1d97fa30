"""An answer of the model, seen from further on: what was typed since is taken off it, or off its uncertainty.

For every `typed` that an answer's text begins with: `typed + rest_of(answer, len(typed)).text == answer.text`. Log
probabilities belong to tokens; of a token that is typed in part, the rest is taken to be likelier by the share typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.types import Generated


def rest_of(answer: Generated, typed_chars: int) -> Generated:
    """The answer behind its first characters."""
    kept = [
        (end - typed_chars, log_prob)
        for start, end, log_prob in _tokens(answer)
        if end > typed_chars or (start == end == typed_chars)  # the latter: the first bytes of the next character
    ]
    log_probs = _discounted(answer, typed_chars)[len(answer.ends) - len(kept) :]
    return replace(answer, text=answer.text[typed_chars:], ends=tuple(end for end, _ in kept), log_probs=log_probs)


def confirmed(answer: Generated, typed_chars: int) -> Generated:
    """The whole answer, whose first characters have turned out right."""
    return replace(answer, log_probs=_discounted(answer, typed_chars))


def put_before(answer: Generated, known: str) -> Generated:
    """The answer with text before it that is certain."""
    return replace(
        answer,
        text=known + answer.text,
        ends=(len(known), *(len(known) + end for end in answer.ends)),
        log_probs=(0.0, *answer.log_probs),
    )


def is_border(answer: Generated, chars: int) -> bool:
    """Whether a token of the answer ends behind so many characters: from there the model would say the same again."""
    return chars == 0 or chars in answer.ends


def with_step(answer: Generated, base: str, step: str) -> Generated:
    """The answer as an editor indents it: `step` per level deeper than `base`, for whatever the model took.

    The model's own step is that of its first deeper line. Lines that do not begin with `base` stay as they are.
    """
    lines = answer.text.split("\n")
    deeper = (_indent(line)[len(base) :] for line in lines[1:] if _indent(line).startswith(base))
    own = next((indent for indent in deeper if indent), "")
    if not own or own == step:
        return answer
    moved: list[str] = [lines[0]]
    shifts: list[tuple[int, int, int]] = []  # (start of the old indentation, its end, the characters it grows by)
    at = len(lines[0]) + 1
    for line in lines[1:]:
        indent = _indent(line)
        new = indent
        if line.strip() and indent.startswith(base):
            levels, over = divmod(len(indent) - len(base), len(own))
            new = base + step * levels + indent[len(indent) - over :] * bool(over)
        shifts.append((at, at + len(indent), len(new) - len(indent)))
        moved.append(new + line[len(indent) :])
        at += len(line) + 1
    return replace(answer, text="\n".join(moved), ends=tuple(_moved(end, shifts) for end in answer.ends))


def _moved(end: int, shifts: list[tuple[int, int, int]]) -> int:
    by = 0
    for start, stop, grown in shifts:
        if end <= start:
            break
        if end < stop:  # within an indentation: the token keeps what the new one has of it
            return min(end + by, stop + by + grown)
        by += grown
    return end + by


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _tokens(answer: Generated) -> Iterator[tuple[int, int, float]]:
    start = 0
    for end, log_prob in zip(answer.ends, answer.log_probs, strict=True):
        yield start, end, log_prob
        start = end


def _discounted(answer: Generated, typed_chars: int) -> tuple[float, ...]:
    """Log-probabilities once the first characters are certain."""

    def left(start: int, end: int) -> float:
        if start == end or end <= typed_chars:
            return float(start == end and end >= typed_chars)
        return (end - max(start, typed_chars)) / (end - start)

    return tuple(log_prob * left(start, end) for start, end, log_prob in _tokens(answer))
