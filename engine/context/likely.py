"""The names that will be needed next: for each name near a match, the probability that the next lines use it.

A logistic regression over a few features, none of which depends on a language or a repository. Its weights were fitted
on ctxbench's development tasks; each repository was measured with weights fitted on the others.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from itertools import pairwise
from typing import NamedTuple

from engine.context.declarations import Declared
from engine.context.source import Chunk, Source
from engine.context.view import View
from engine.context.words import terms_of

MIN_NAME_CHARS = 2
SHARPNESS = 4  # a chunk's weight is this power of its score: the few best ones count most
CARRIED = 0.8  # of a line's match that the next two lines inherit: the lines after a match are the useful ones
CARRIED_LINES = 2


class Features(NamedTuple):
    """The features of a name."""

    evidence: float = 0.0  # log of the weight of the chunks that contain it
    rank: float = 0.0  # 1 / the rank of the first of them
    declaration: float = 0.0  # 1 / the rank of the declaration in view that shows it
    declared: float = 0.0  # 1 if a file among the matches declares it
    length: float = 0.0  # log of its length
    line: float = 0.0  # how well its line, or those just above it, match the lines around the cursor
    follows: float = 0.0  # its share among the names that follow the name before the cursor
    member: float = 0.0  # the share of its uses as a member, if a member is being typed


WEIGHTS = Features(0.98, 1.2, 0.95, 0.75, 0.42, 1.5, 4.8, 0.8)
BIAS = -5.76
LEAST_ODDS = -10.0  # log-odds; there are too many less likely names


class Matches(NamedTuple):
    """The best chunks with their sources, best first, and the declarations in view."""

    chunks: list[tuple[Source, Chunk]]
    declared: list[Declared]
    rarity: dict[str, float]  # of the query's terms


def likely_names(view: View, matches: Matches, limit: int) -> dict[str, float]:
    """Return the probabilities of the `limit` likeliest names that the prompt does not show."""
    a, b, c, d, e, f, g, h = WEIGHTS
    likely = {}
    for name, (s, t, u, v, w, x, y, z) in features_of_names(view, matches).items():
        odds = BIAS + a * s + b * t + c * u + d * v + e * w + f * x + g * y + h * z
        if odds > LEAST_ODDS:
            likely[name] = 1 / (1 + math.exp(-odds))
    # Equally likely names are sorted by their letters: a view must get the same snippets in every process.
    ranked = heapq.nsmallest(limit, [(-probability, name) for name, probability in likely.items()])
    return {name: -negative for negative, name in ranked}


def features_of_names(view: View, matches: Matches) -> dict[str, Features]:
    evidence: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    best = matches.chunks[0][1].score if matches.chunks else 1.0
    weights = [(chunk.score / best) ** SHARPNESS for _, chunk in matches.chunks]
    total = sum(weights) or 1.0
    declared: set[str] = set()
    for rank, ((source, chunk), weight) in enumerate(zip(matches.chunks, weights, strict=True)):
        declared |= source.declared
        share = weight / total
        for name in source.names(chunk.start, chunk.end):
            evidence[name] += share
            if name not in first:
                first[name] = rank
    lines = _Lines(view, matches)
    shown_by: dict[str, int] = {}
    for rank, each in enumerate(matches.declared):
        declared |= each.source.declared
        for number in each.lines:
            for name in each.source.line(number):
                shown_by.setdefault(name, rank)
    shown, keywords = view.shown, view.family.keywords
    signs = {}
    for name in evidence.keys() | shown_by.keys():
        if name in shown or name in keywords or len(name) < MIN_NAME_CHARS:
            continue
        signs[name] = Features(
            math.log(0.01 + evidence.get(name, 0.0)),
            1 / (1 + first[name]) if name in first else 0.0,
            1 / (1 + shown_by[name]) if name in shown_by else 0.0,
            1.0 if name in declared else 0.0,
            math.log(1 + len(name)),
            lines.match.get(name, 0.0) / lines.best_match,
            math.sqrt(lines.following.get(name, 0) / lines.followers) if name in lines.following else 0.0,
            (lines.members.get(name, 0) + 0.5) / (lines.uses.get(name, 0) + 1) if view.asks_for_member else 0.0,
        )
    return signs


class _Lines:
    """What the single lines of the matches contribute. Each counts once, however many chunks contain it."""

    def __init__(self, view: View, matches: Matches) -> None:
        self.match: dict[str, float] = {}
        self.uses: dict[str, int] = defaultdict(int)
        self.members: dict[str, int] = defaultdict(int)
        self.following: dict[str, int] = defaultdict(int)
        before, asks_for_member = view.name_before, view.asks_for_member
        match = self.match
        values = {
            word: view.terms[whole] * matches.rarity.get(whole, 0.0)
            for word in view.near_names
            if (whole := terms_of(word).partition(" ")[0]) in view.terms
        }
        scored = frozenset(values)
        matched: dict[str, dict[int, float]] = defaultdict(dict)
        for source, chunk in matches.chunks:
            done = matched[source.path]
            carried: list[float] = [0.0] * CARRIED_LINES
            for number in range(chunk.start, min(chunk.end, len(source.lines))):
                names = source.line(number)
                if not names:
                    continue
                if number in done:
                    carried = [*carried[1:], done[number]]
                    continue
                known = scored.intersection(names)
                own = math.fsum([values[word] for word in known]) if known else 0.0  # independent of the order of a set
                near = max(own, CARRIED * max(carried))
                carried = [*carried[1:], own]
                done[number] = own
                if near > 0:
                    for name in names:
                        if near > match.get(name, 0.0):
                            match[name] = near
                if asks_for_member:
                    for name in frozenset(names):
                        self.uses[name] += 1
                    for name in source.members(number):
                        self.members[name] += 1
                if before in names:
                    for one, other in pairwise(names):
                        if one == before:
                            self.following[other] += 1
        self.best_match = max(self.match.values(), default=0.0) or 1.0
        self.followers = sum(self.following.values()) or 1
