"""Several workspace folders of one window as one index: the edited file's own, and the others.

A path of another folder begins with `../` and that folder's name, so that a prompt shows where its lines are.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from engine.context.index import Index
from engine.context.source import Chunk, Source
from engine.context.words import inverse_frequency

OTHERS_FACTOR = 0.9  # of the score of a chunk in another folder: of two equal matches the one in the own folder wins


class CountableIndex(Index, Protocol):
    """An index whose counts can be added to another's."""

    def frequencies(self, family: str, terms: Iterable[str]) -> tuple[dict[str, int], int]:
        """Return in how many chunks of a family each term is, and the number of chunks of the family."""
        ...


class OtherFolder(NamedTuple):
    """Another folder: the beginning of its paths, which no path of the own folder has, and its index."""

    name: str
    folder: CountableIndex


class FoldersIndex:
    """An `Index` over the own folder and others."""

    def __init__(self, own: CountableIndex, others: Iterable[OtherFolder]) -> None:
        self._own = own
        self._others = list(others)

    def rarity(self, family: str, terms: Iterable[str]) -> dict[str, float]:
        wanted, counts, total = list(terms), Counter[str](), 0
        for index in (self._own, *(each.folder for each in self._others)):
            some, of = index.frequencies(family, wanted)
            counts.update(some)
            total += of
        return {term: inverse_frequency(counts[term], total) for term in wanted if counts[term]}

    def search(self, family: str, terms: Mapping[str, float], rarity: Mapping[str, float], limit: int) -> list[Chunk]:
        found = self._own.search(family, terms, rarity, limit)
        for name, index in self._others:
            others = index.search(family, terms, rarity, limit)
            found += [chunk._replace(path=name + chunk.path, score=chunk.score * OTHERS_FACTOR) for chunk in others]
        return sorted(found, key=lambda chunk: -chunk.score)[:limit]

    def declaring(self, family: str, names: Iterable[str], limit: int) -> list[Source]:
        """Return the own folder's first; others fill the rest, a quarter of `limit` at least."""
        wanted = list(names)
        others = [
            _in_folder(name, source)
            for name, index in self._others
            for source in index.declaring(family, wanted, limit)
        ]
        own = self._own.declaring(family, wanted, limit)
        kept = own[: max(limit - len(others), limit * 3 // 4)]
        return [*kept, *others[: limit - len(kept)]]

    def sources(self, paths: Iterable[str]) -> dict[str, Source]:
        wanted = list(paths)
        found = dict(self._own.sources([path for path in wanted if self._folder_of(path) is None]))
        for each in self._others:
            inside = [path.removeprefix(each.name) for path in wanted if self._folder_of(path) is each]
            for source in each.folder.sources(inside).values():
                found[each.name + source.path] = _in_folder(each.name, source)
        return found

    def _folder_of(self, path: str) -> OtherFolder | None:
        return next((each for each in self._others if path.startswith(each.name)), None)


def _in_folder(name: str, source: Source) -> Source:
    """Return the same text under the path that another folder knows it by."""
    renamed = copy.copy(source)
    renamed.path = name + source.path
    return renamed
