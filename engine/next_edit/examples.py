"""What a hunk did, token by token: the examples that sources learn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from engine.next_edit.tokens import Operation, Token, difference, tokenize
from engine.next_edit.values import Hunk

MAX_REMEMBERED = 400


@dataclass(frozen=True)
class Example:
    """A line, or several as one text, as they were and as they are."""

    line: int  # of the first one, counted from the hunk's first line
    before: str
    after: str
    old: tuple[Token, ...]
    new: tuple[Token, ...]
    operations: tuple[Operation, ...]

    def removed(self, operation: Operation) -> tuple[str, ...]:
        return tuple(token.text for token in self.old[operation.start : operation.end])

    def added(self, operation: Operation) -> tuple[str, ...]:
        return tuple(token.text for token in self.new[operation.new_start : operation.new_end])


def examples_of(hunk: Hunk) -> tuple[Example, ...]:
    """Return the examples in a hunk that changed lines; none if it only added or only removed some."""
    return _examples(hunk.before, hunk.after)


@lru_cache(maxsize=MAX_REMEMBERED)
def _examples(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[Example, ...]:
    return tuple(example for example in _pairs(before, after) if example.operations)


def _pairs(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Example]:
    if not before or not after:
        return
    if len(before) == len(after):
        for line, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                yield _example(line, old, new)
    else:
        yield _example(0, "\n".join(before), "\n".join(after))


def _example(line: int, before: str, after: str) -> Example:
    old, new = tokenize(before), tokenize(after)
    operations = difference([token.text for token in old], [token.text for token in new])
    return Example(line, before, after, tuple(old), tuple(new), tuple(operations))
