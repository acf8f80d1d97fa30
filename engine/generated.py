"""What a model has generated, and how it is cut and joined: no other module does arithmetic on its tokens.

Log-probabilities belong to tokens. Of a token whose first characters are known to be right, the rest is taken to be
likelier by their share.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.text import indentation_of

T = TypeVar("T")
_Shift = tuple[int, int, int]  # the start of an indentation, its end, and the characters it grows by


@dataclass(frozen=True)
class Generated:
    """A model's answer: its text, its tokens, and what they took."""

    text: str
    ends: tuple[int, ...] = ()  # for each token, the end of its text in `text`
    log_probs: tuple[float, ...] = ()  # for each token
    end_log_prob: float | None = None  # of the token that ended the answer; None if the model chose none
    stopped: bool = True  # the model ended by itself, or a stop rule ended it; False if the token limit cut it off
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    wait_ms: float = 0.0  # before the model began
    reused_tokens: int = 0  # of the prompt, that had been read before
    tokens: tuple[int, ...] = ()  # the ids; empty if the text was joined to another one
    # If asked for, what could have been in the place of each token, and of the end: (id, log-probability), best first.
    alternatives: tuple[tuple[tuple[int, float], ...], ...] = ()
    next_characters: tuple[str, ...] = ()  # if known: the probable next characters, the likeliest first; "\n" for Enter

    def has_end_at(self, chars: int) -> bool:
        """True if a token ends after `chars` characters: from there the model would go on in the same way."""
        return chars == 0 or chars in self.ends

    def without_start(self, chars: int) -> Generated:
        """Return the answer after its first characters, which have turned out right."""
        kept = sum(
            # Tokens without text are the first bytes of the next character.
            end > chars or (start == end == chars)
            for start, end, _ in self._tokens()
        )
        return replace(
            self._last(kept),
            text=self.text[chars:],
            ends=tuple(end - chars for end in _last(self.ends, kept)),
            log_probs=_last(self._discounted(chars), kept),
        )

    def with_certain_start(self, chars: int) -> Generated:
        """Return the whole answer, whose first characters have turned out right."""
        return replace(self, log_probs=self._discounted(chars))

    def without_tokens(self, count: int) -> Generated:
        """Return the answer after its first tokens."""
        chars = self.ends[count - 1] if count else 0
        rest = self._last(len(self.ends) - count)
        return replace(rest, text=self.text[chars:], ends=tuple(end - chars for end in rest.ends))

    def with_prefix(self, text: str, log_prob: float = 0.0) -> Generated:
        """Return the answer with a text before it that has this probability.

        If there is no text, the first token answers for the probability, or else the end of the answer does.
        """
        if text:
            return Generated(text, (len(text),), (log_prob,)).then(self)
        if self.log_probs:
            return replace(self, log_probs=(self.log_probs[0] + log_prob, *self.log_probs[1:]))
        return replace(self, end_log_prob=None if self.end_log_prob is None else self.end_log_prob + log_prob)

    def then(self, rest: Generated) -> Generated:
        """Return this text and then the rest, which tells how the answer ended and what it took."""
        are_known = len(self.tokens) == len(self.ends) and len(rest.tokens) == len(rest.ends)
        return replace(
            rest,
            text=self.text + rest.text,
            ends=self.ends + tuple(len(self.text) + end for end in rest.ends),
            log_probs=self.log_probs + rest.log_probs,
            tokens=self.tokens + rest.tokens if are_known else (),
            alternatives=(),
        )

    def with_indentation_step(self, base: str, step: str) -> Generated:
        """Return the answer as an editor indents it: `step` per level deeper than `base`, for the model's own step.

        The model's own step is that of its first deeper line. Lines that do not begin with `base` stay as they are.
        """
        lines = self.text.split("\n")
        deeper = (indentation_of(line)[len(base) :] for line in lines[1:] if indentation_of(line).startswith(base))
        own = next((indent for indent in deeper if indent), "")
        if not own or own == step:
            return self
        moved: list[str] = [lines[0]]
        shifts: list[_Shift] = []
        at = len(lines[0]) + 1
        for line in lines[1:]:
            indent = indentation_of(line)
            new = indent
            if line.strip() and indent.startswith(base):
                levels, over = divmod(len(indent) - len(base), len(own))
                new = base + step * levels + indent[len(indent) - over :] * bool(over)
            shifts.append((at, at + len(indent), len(new) - len(indent)))
            moved.append(new + line[len(indent) :])
            at += len(line) + 1
        return replace(self, text="\n".join(moved), ends=tuple(_shifted(end, shifts) for end in self.ends))

    def _tokens(self) -> Iterator[tuple[int, int, float]]:
        """Yield (start, end, log-probability) of each token."""
        start = 0
        for end, log_prob in zip(self.ends, self.log_probs, strict=True):
            yield start, end, log_prob
            start = end

    def _last(self, count: int) -> Generated:
        """Return the facts of the last tokens; text and ends are left as they are."""
        dropped = len(self.ends) - count
        are_known = len(self.tokens) == len(self.ends)
        return replace(
            self,
            ends=_last(self.ends, count),
            log_probs=_last(self.log_probs, count),
            tokens=self.tokens[dropped:] if are_known else (),
            alternatives=self.alternatives[dropped:] if are_known else (),
        )

    def _discounted(self, chars: int) -> tuple[float, ...]:
        """Return the log-probabilities once the first characters are certain."""

        def left(start: int, end: int) -> float:
            if start == end or end <= chars:
                return float(start == end and end >= chars)
            return (end - max(start, chars)) / (end - start)

        return tuple(log_prob * left(start, end) for start, end, log_prob in self._tokens())


def _last(values: tuple[T, ...], count: int) -> tuple[T, ...]:
    return values[len(values) - count :]


def _shifted(end: int, shifts: list[_Shift]) -> int:
    """Return where a token ends once the indentations before it have grown."""
    by = 0
    for start, stop, grown in shifts:
        if end <= start:
            break
        if end < stop:  # within an indentation: the token keeps what the new one has of it
            return min(end + by, stop + by + grown)
        by += grown
    return end + by
