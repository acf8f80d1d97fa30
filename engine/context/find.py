"""From a view of a text to snippets of other files: match, declare, weigh, pack. Read it top to bottom."""

from __future__ import annotations

from engine.context.affinity import Affinity
from engine.context.declarations import declarations_of, declared_in_view
from engine.context.index import Index
from engine.context.likely import Matches, likely_names
from engine.context.pack import Cost, pack
from engine.context.source import Chunk, Source
from engine.context.view import View
from engine.types import Snippet

MIN_POOL, MAX_POOL, POOL_COST = 24, 60, 100  # chunks whose lines are considered: one for so much of the budget
CANDIDATES = 2.5  # chunks searched for, before affinity, for each that is considered
MIN_FILES, MAX_FILES, FILE_COST = 16, 40, 150  # files whose declarations are considered
MIN_NAMES, NAME_COST = 150, 12  # names that are weighed: one for so much of the budget


def find(view: View, index: Index, budget: float, cost: Cost = len) -> list[Snippet]:
    """Return snippets within `budget`, as `cost` measures text, the best first."""
    affinity = Affinity(view)
    files = int(min(MAX_FILES, max(MIN_FILES, budget / FILE_COST)))
    in_view = declared_in_view(view, index, affinity, files)
    pool = int(min(MAX_POOL, max(MIN_POOL, budget / POOL_COST)))
    rarity = index.rarity(view.family.id, view.terms)
    matches = Matches(_chunks(view, index, affinity, rarity, pool), in_view, rarity)
    likely = likely_names(view, matches, int(max(MIN_NAMES, budget / NAME_COST)))
    matches = matches._replace(declared=[*in_view, *declarations_of(likely, view, index, files)])

    return pack(matches, likely, view, budget, cost)


def _chunks(
    view: View, index: Index, affinity: Affinity, rarity: dict[str, float], pool: int
) -> list[tuple[Source, Chunk]]:
    """Return the best chunks that the prompt does not show anyway, by similarity and affinity."""
    ranked = []
    for chunk in index.search(view.family.id, view.terms, rarity, int(CANDIDATES * pool)):
        if chunk.path == view.path:
            overlap = min(chunk.end, view.end_line) - max(chunk.start, view.first_line)
            if overlap > (chunk.end - chunk.start) / 2:
                continue
        ranked.append(chunk._replace(score=chunk.score * affinity.factor(chunk.path)))
    ranked.sort(key=lambda chunk: (-chunk.score, chunk.path, chunk.start))
    sources = index.sources({chunk.path for chunk in ranked[:pool]})
    return [(sources[chunk.path], chunk) for chunk in ranked[:pool] if chunk.path in sources]
