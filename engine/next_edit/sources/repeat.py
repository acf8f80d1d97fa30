"""Repeat: lines were changed; other lines that the same change fits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import pairwise

from engine.context.source import Source
from engine.context.syntax import COMMENTARY
from engine.next_edit.examples import Example, examples_of
from engine.next_edit.places import closeness, edited_lines, kinship, lines_with, nearest_first
from engine.next_edit.template import CONTEXT_TOKENS, Fit, anchors_of, core_of, fit
from engine.next_edit.tokens import Operation, common_ends, is_identifier, tokenize, words_of
from engine.next_edit.values import Candidate, Hunk, Situation

RECENT_HUNKS = 10
MAX_EXAMPLES = 4  # of one hunk
MIN_CONTEXT = 2  # tokens
MAX_TOKENS = 80  # of an example
MAX_PLACES = 10
MAX_SHOWN = 6  # of the places of one change
MAX_CHANGES = 6
MAX_CHANGES_ELSEWHERE = 2
MAX_COMPARED = 3  # examples of one change that a place is compared with
MAX_FILES = 3
MAX_PLACES_ELSEWHERE = 2
Key = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


def find_repeats(situation: Situation) -> Iterator[Candidate]:
    found: dict[Key, list[tuple[Hunk, Example]]] = {}
    for hunk in reversed(situation.trail.hunks[-RECENT_HUNKS:]):
        for example in examples_of(hunk)[:MAX_EXAMPLES]:
            if (
                len(example.old) <= MAX_TOKENS
                and len(example.new) <= 2 * MAX_TOKENS
                and not _is_renaming(example, situation.source.family.keywords)
            ):
                key = tuple((example.removed(each), example.added(each)) for each in example.operations)
                found.setdefault(key, []).append((hunk, example))
    for position, uses in enumerate(list(found.values())[:MAX_CHANGES]):
        yield from _of_change(situation, uses, elsewhere=position < MAX_CHANGES_ELSEWHERE)


def _is_renaming(example: Example, keywords: frozenset[str]) -> bool:
    """True if single names became others: `rename` follows that."""
    pairs = [(example.removed(each), example.added(each)) for each in example.operations]
    return all(
        len(a) == len(b) == 1 and {is_identifier(a[0]), is_identifier(b[0])} == {True} and not {a[0], b[0]} & keywords
        for a, b in pairs
    )


def _of_change(situation: Situation, uses: list[tuple[Hunk, Example]], *, elsewhere: bool) -> Iterator[Candidate]:
    source, (_, example) = situation.source, uses[0]
    anchors = _common_anchors(uses, source.family.keywords)
    if not anchors:
        return
    yield from _in_file(situation, uses, anchors, source)
    if not elsewhere:
        return
    rarest = max(anchors, key=lambda at: len(example.old[at].text))
    names = tuple({token.text for token in example.old if is_identifier(token.text)} - source.family.keywords)
    for path in situation.files.using(example.old[rarest].text, source, MAX_FILES, names):
        if path != source.path and (other := situation.files.read(path)):
            yield from _in_file(situation, uses, anchors, other)


def _common_anchors(uses: list[tuple[Hunk, Example]], keywords: frozenset[str]) -> list[int]:
    """Return the anchors that all examples have; keywords too if no name is left, or if only keywords changed."""
    example = uses[0][1]
    common = set.intersection(*({token.text for token in each.old} for _, each in uses))
    anchors = [at for at in anchors_of(example, keywords) if example.old[at].text in common]
    are_keywords = all(_changes_keywords(example, each, keywords) for each in example.operations)
    if (anchors and len(uses) > 1) or not are_keywords:
        return anchors
    return (
        anchors_of(example, frozenset())
        if len(uses) == 1
        else [at for at, token in enumerate(example.old) if token.text in common and is_identifier(token.text)]
    )


def _changes_keywords(example: Example, operation: Operation, keywords: frozenset[str]) -> bool:
    words = {*example.removed(operation), *example.added(operation)}
    return all(word in keywords or not is_identifier(word) for word in words)


def _in_file(
    situation: Situation, uses: list[tuple[Hunk, Example]], anchors: list[int], source: Source
) -> Iterator[Candidate]:
    is_here = source.path == situation.source.path
    example = uses[0][1]
    taken = edited_lines(situation.trail.hunks, source.path)
    counts = {at: source.text.count(example.old[at].text) for at in anchors}
    anchor = min(anchors, key=lambda at: (counts[at], -len(example.old[at].text)))
    if not counts[anchor]:
        return
    height = example.before.count("\n") + 1
    above = example.before.count("\n", 0, example.old[anchor].start)
    made = [hunk.line + each.line for hunk, each in uses if hunk.path == source.path]
    cursor = situation.line if is_here else 0
    places = []
    for line in nearest_first(lines_with(source, example.old[anchor].text), cursor):
        start = line - above
        if start < 0 or start + height > len(source.lines) or taken & set(range(start, start + height)):
            continue
        if best := _best_fit(uses, anchor, source, start, height):
            places.append((start, best))
        if len(places) >= (MAX_PLACES if is_here else MAX_PLACES_ELSEWHERE):
            break
    skipped = [start for start, _ in places if made and min(made) < start < max(made)]
    common = _common_context(uses)
    for start, best in places[:MAX_SHOWN]:
        signals = _signals(situation, uses, source, start, best) | {
            "places": min(4.0, math.log(len(places))),
            "skipped": min(3.0, math.log1p(len(skipped))),
            "done": len(made) / (len(made) + len(places)),
            "template": float(len(uses) > 1 and best.left >= common[0] and best.right >= common[1]),
            "left_gap": max(0, common[0] - best.left) / CONTEXT_TOKENS if len(uses) > 1 else 0.0,
            "right_gap": max(0, common[1] - best.right) / CONTEXT_TOKENS if len(uses) > 1 else 0.0,
            "anchor": min(4.0, math.log1p(counts[anchor])),
            "closeness": closeness(start, cursor) if is_here else 0.0,
            "below": float(is_here and start >= cursor),
            "above_all": float(bool(made) and start < min(made)),
            "elsewhere": float(not made),
            "kinship": kinship(situation.source.path, source.path),
        }
        lines = tuple(best.text.split("\n"))
        yield Candidate(source.path, start, start + height, lines, "repeat", "the same change fits here", signals)


def _best_fit(uses: list[tuple[Hunk, Example]], anchor: int, source: Source, start: int, height: int) -> Fit | None:
    """Return the best way to fit the example to lines, with the context of whichever example is most alike."""
    text = "\n".join(source.lines[start : start + height])
    tokens = tokenize(text)
    example = uses[0][1]
    word = example.old[anchor].text
    fits = [
        each
        for at, token in enumerate(tokens)
        if token.text == word
        and (each := fit(example, source.family.keywords, text, tokens, at - anchor))
        and each.text != text
        and _has_hold(each)
    ]
    return max(fits, key=lambda each: each.left + each.right - each.varied, default=None)


def _has_hold(each: Fit) -> bool:
    """True if enough is the same there for the change to mean the same."""
    return each.fixed > 0 or each.left + each.right >= MIN_CONTEXT


def _common_context(uses: list[tuple[Hunk, Example]]) -> tuple[int, int]:
    """Return how many tokens left and right of the change are the same in all examples."""
    _, first = uses[0]
    start, end = core_of(first)
    lefts, rights = [CONTEXT_TOKENS], [CONTEXT_TOKENS]
    for _, other in uses[1:]:
        other_start, other_end = core_of(other)
        a, b = (
            [token.text for token in reversed(each.old[:at])] for each, at in ((first, start), (other, other_start))
        )
        lefts.append(min(common_ends(a, b)[0] + (a == b), CONTEXT_TOKENS))
        a, b = ([token.text for token in each.old[at:]] for each, at in ((first, end), (other, other_end)))
        rights.append(min(common_ends(a, b)[0] + (a == b), CONTEXT_TOKENS))
    return min(lefts), min(rights)


def _signals(
    situation: Situation, uses: list[tuple[Hunk, Example]], source: Source, start: int, best: Fit
) -> dict[str, float]:
    example = uses[0][1]
    first, last = core_of(example)
    new = words_of(best.text)
    written = {word for each in example.operations for word in example.added(each) if is_identifier(word)}
    newest = max(hunk.number for hunk, _ in uses)
    old = words_of("\n".join(source.lines[start : start + example.before.count("\n") + 1]))
    likeness = max(SequenceMatcher(None, old, words_of(each.before), autojunk=False).ratio() for _, each in uses)
    return {
        "examples": math.log(len(uses)),
        "hunks": math.log(len({hunk.number for hunk, _ in uses})),
        "is_last": float(newest == situation.trail.hunks[-1].number),
        "age": min(8, sum(1 for hunk in situation.trail.hunks if hunk.number > newest)) / 8,
        "left": best.left / CONTEXT_TOKENS,
        "right": best.right / CONTEXT_TOKENS,
        "context": min(best.left + best.right, 6) / 6,
        "fixed": min(4, best.fixed) / 4,
        "varied": min(4, best.varied) / 4,
        "holes": min(2, best.holes) / 2,
        "is_insertion": float(first == last),
        "size": min(3.0, math.log1p(last - first)),
        "written": min(3.0, math.log1p(sum(each.new_end - each.new_start for each in example.operations))),
        "likeness": likeness,
        "already": float(any(word in old for word in written)),
        "doubled": float(any(a == b and is_identifier(a) for a, b in pairwise(new))),
        "known": float(bool(written) and all(word in source.text for word in written)),
        "has_names": float(bool(written)),
        "same": float(likeness == 1),
        "height": math.log(example.before.count("\n") + 1),
        "commentary": float(bool(COMMENTARY.match(source.lines[start]))),
    }
