"""A change as a template: what stays, what goes, what comes, and which names in it may be others elsewhere.

From one example and a place that it may fit follows the template that both are instances of (anti-unification): a
name or number of the example may stand for another one, always the same one, if what the template writes can be told
from what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.context.words import IDENTIFIER
from engine.next_edit.examples import Example
from engine.next_edit.tokens import Token, common_ends, indent_of, is_identifier, is_name_or_number

CONTEXT_TOKENS = 6  # looked at on each side of what changes
MAX_ANCHORS = 6


@dataclass(frozen=True)
class Fit:
    """How a template fits a place."""

    text: str  # of the place, changed
    left: int  # tokens left of the change that are the same, at most CONTEXT_TOKENS
    right: int
    fixed: int  # names in what changes, or stands between changes, that are the same
    varied: int  # names and numbers that stand for others
    holes: int  # stretches between changes that have nothing in common


class Bindings:
    """Which token of an example stands for which of a place: one to one."""

    def __init__(self, keywords: frozenset[str], fixed: frozenset[str]) -> None:
        self._keywords, self._fixed = keywords, fixed
        self._of: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    def bind(self, token: str, other: str) -> bool:
        """True if `token` may stand for `other`, from now on or already."""
        if token == other and token not in self._of and other not in self._taken and not is_name_or_number(token):
            return True
        if token in self._of:
            return self._of[token] == other
        if other in self._taken:
            return False
        if token != other and not self._may_vary(token, other):
            return False
        self._of[token], self._taken[other] = other, token
        return True

    def _may_vary(self, token: str, other: str) -> bool:
        if token in self._fixed or {token, other} & self._keywords:
            return False
        if is_identifier(token):
            return is_identifier(other)
        return is_name_or_number(token) and token[0].isdigit() and other[0].isdigit()

    @property
    def varied(self) -> dict[str, str]:
        return {token: other for token, other in self._of.items() if token != other}


def core_of(example: Example) -> tuple[int, int]:
    """Return the range of the old tokens from the first that changes to the last."""
    return example.operations[0].start, example.operations[-1].end


def fixed_names(example: Example) -> frozenset[str]:
    """Return the removed names that nothing else in the example tells: a place must have the same ones."""
    removed: set[str] = set()
    explained: set[str] = set()
    at = 0
    first, last = core_of(example)
    for operation in example.operations:
        explained.update(token.text for token in example.old[max(at, first - CONTEXT_TOKENS) : operation.start])
        removed.update(example.removed(operation))
        explained.update(example.added(operation))
        at = operation.end
    explained.update(token.text for token in example.old[at : last + CONTEXT_TOKENS])
    return frozenset(token for token in removed if is_name_or_number(token) and token not in explained)


def anchors_of(example: Example, keywords: frozenset[str]) -> list[int]:
    """Return the indices of old tokens that can lead to a place: removed names, else those nearest to the change."""
    removed = [at for each in example.operations for at in range(each.start, each.end)]
    gone = set(removed)
    first, last = core_of(example)
    rest = [
        at
        for at in range(len(example.old))
        if at not in gone and is_identifier(example.old[at].text) and example.old[at].text not in keywords
    ]
    around = sorted(rest, key=lambda at: max(first - at, at - last + 1, 0))[:MAX_ANCHORS]
    names = [at for at in removed if is_identifier(example.old[at].text) and example.old[at].text not in keywords]
    return names or around


def fit(example: Example, keywords: frozenset[str], text: str, tokens: list[Token], shift: int) -> Fit | None:
    """Try an example on a place: its old token `at` is to be the place's token `at + shift`.

    Where the tokens between two operations differ in number, any whose brackets match may stand there.
    """
    old, words = [token.text for token in example.old], [token.text for token in tokens]
    bindings = Bindings(keywords, fixed_names(example))
    spans: list[tuple[int, int]] = []
    fixed = holes = 0
    at, place = example.operations[0].start, example.operations[0].start + shift
    if not 0 <= place <= len(words):
        return None
    for operation in example.operations:
        gap, size = old[at : operation.start], operation.end - operation.start
        removed, there = old[operation.start : operation.end], words[place : place + len(gap)]
        follows = words[place + len(gap) : place + len(gap) + size]
        if there == gap or ((follows == removed or not _is_punctuation(removed)) and _binds(bindings, gap, there)):
            fixed += sum(is_identifier(word) and word not in keywords for word in gap)
            place += len(gap)
        else:
            found = _hole_end(words, place, removed or old[operation.end : operation.end + 1])
            if found is None:
                return None
            place, holes = found, holes + 1
        there = words[place : place + size]
        if there != removed and not _binds(bindings, removed, there):
            return None
        fixed += sum(a == b and is_identifier(a) for a, b in zip(removed, there, strict=True))
        spans.append((place, place + size))
        at, place = operation.end, place + size
    first, last = core_of(example)
    left, right = _context(old[:first][::-1], words[: spans[0][0]][::-1]), _context(old[last:], words[spans[-1][1] :])
    changed = _apply(example, bindings.varied, text, tokens, spans)
    return None if changed is None else Fit(changed, left, right, fixed, len(bindings.varied), holes)


def _is_punctuation(words: list[str]) -> bool:
    return bool(words) and not any(map(is_name_or_number, words))


def _binds(bindings: Bindings, tokens: list[str], others: list[str]) -> bool:
    return len(tokens) == len(others) and all(bindings.bind(a, b) for a, b in zip(tokens, others, strict=True))


def _context(tokens: list[str], others: list[str]) -> int:
    """Return how many tokens from the change on are the same; that both texts end there counts as one."""
    same = common_ends(tokens, others)[0]
    return min(same + (same == len(tokens) == len(others)), CONTEXT_TOKENS)


def _hole_end(words: list[str], start: int, wanted: list[str]) -> int | None:
    """Return where `wanted` follows balanced brackets from `start` on; the end of the place if nothing is wanted."""
    depth = 0
    for at in range(start, len(words) + 1):
        if depth == 0 and at > start and words[at : at + len(wanted)] == wanted and (wanted or at == len(words)):
            return at
        if at == len(words):
            return None
        depth += (words[at] in "([{") - (words[at] in ")]}")
        if depth < 0:
            return None
    return None


def _apply(
    example: Example, varied: dict[str, str], text: str, tokens: list[Token], spans: list[tuple[int, int]]
) -> str | None:
    """Return the text of a place with the example's operations done to it; None if a gap has no place."""
    changed = text
    for operation, (start, end) in reversed(list(zip(example.operations, spans, strict=True))):
        new = _written(example, operation.new_start, operation.new_end, varied)
        begin = tokens[start - 1].end if start > 0 else (tokens[0].start if tokens else 0)
        stop = tokens[end].start if end < len(tokens) else len(text.rstrip())
        if operation.start == 0 and operation.new_start == 0:
            if start > 0:
                return None  # what began a line there stands within one here
            begin = tokens[0].start if tokens else len(indent_of(text))
        elif start == 0:
            return None
        if stop < begin:
            return None
        own, other = indent_of(text), indent_of(example.before)
        changed = changed[:begin] + new.replace("\n" + other, "\n" + own) + changed[stop:]
    return changed


def _written(example: Example, start: int, end: int, varied: dict[str, str]) -> str:
    """Return what the example wrote between the new tokens around [start, end), with names replaced."""
    new = example.new
    begin = new[start - 1].end if start > 0 else (new[0].start if new else 0)
    stop = new[end].start if end < len(new) else len(example.after.rstrip())
    return substitute(example.after[begin:stop], varied)


def substitute(text: str, varied: Mapping[str, str]) -> str:
    """Return a text with names and numbers replaced."""
    if not varied:
        return text
    numbers = {token for token in varied if not is_identifier(token)}
    text = IDENTIFIER.sub(lambda found: varied.get(found.group(), found.group()), text)
    for number in numbers:
        text = _replace_number(text, number, varied[number])
    return text


def _replace_number(text: str, number: str, by: str) -> str:
    import re

    return re.sub(rf"(?<![\w.]){re.escape(number)}(?![\w.])", by, text)
