"""What the ways to find ask of an index, and the index that lives in memory: what was just edited or saved."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from engine.context.source import Chunk, Source, chunk_terms
from engine.context.words import inverse_frequency

K1, B = 1.2, 0.75  # of BM25, as in tantivy
MEAN_TERMS = 110  # of a chunk of 20 lines; taken for the mean, so that a chunk's scores need no other chunk


class Index(Protocol):
    """A workspace's texts. Methods may be called from any one thread; paths are relative, with slashes."""

    def rarity(self, family: str, terms: Iterable[str]) -> dict[str, float]:
        """The inverse frequency, as BM25 has it, of those terms that chunks of a family hold."""
        ...

    def search(self, family: str, terms: Mapping[str, float], rarity: Mapping[str, float], limit: int) -> list[Chunk]:
        """The best chunks of a family for weighted terms of this rarity, by BM25, best first."""
        ...

    def declaring(self, family: str, names: Iterable[str], limit: int) -> list[Source]:
        """Files that declare any of `names`, those that declare the rarest first."""
        ...

    def sources(self, paths: Iterable[str]) -> dict[str, Source]:
        """The texts of those of `paths` that the index holds."""
        ...


class MemoryIndex:
    """Inverted lists in dictionaries. For some hundred files; the rest is the store's."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}
        self._chunks: dict[int, Chunk] = {}
        self._of_path: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        self._lists: dict[str, dict[str, dict[int, float]]] = defaultdict(dict)  # family -> term -> chunk -> impact
        self._totals: dict[str, int] = defaultdict(int)  # family -> chunks
        self._declared: dict[str, frozenset[str]] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._sources)

    def __contains__(self, path: str) -> bool:
        return path in self._sources

    @property
    def paths(self) -> Iterable[str]:
        return self._sources.keys()

    def put(self, source: Source) -> None:
        self.drop(source.path)
        family = source.family.id
        lists = self._lists[family]
        numbers: list[tuple[int, tuple[str, ...]]] = []
        for start, end, terms in chunk_terms(source.lines):
            counts = Counter(terms.split(" "))
            length = counts.total()
            norm = K1 * (1 - B + B * length / MEAN_TERMS)
            number = self._next = self._next + 1
            for term, times in counts.items():
                lists.setdefault(term, {})[number] = times * (K1 + 1) / (times + norm)
            self._chunks[number] = Chunk(source.path, start, end, 0.0)
            numbers.append((number, tuple(counts)))
        self._totals[family] += len(numbers)
        self._sources[source.path] = source
        self._declared[source.path] = source.declared  # parses now, not while somebody waits for an answer
        self._of_path[source.path] = numbers

    def drop(self, path: str) -> None:
        source = self._sources.pop(path, None)
        if source is None:
            return
        del self._declared[path]
        lists = self._lists[source.family.id]
        self._totals[source.family.id] -= len(self._of_path[path])
        for number, terms in self._of_path.pop(path):
            for term in terms:
                del lists[term][number]
                if not lists[term]:
                    del lists[term]
            del self._chunks[number]

    def rarity(self, family: str, terms: Iterable[str]) -> dict[str, float]:
        counts, total = self.frequencies(family, terms)
        return {term: inverse_frequency(count, total) for term, count in counts.items() if count}

    def search(self, family: str, terms: Mapping[str, float], rarity: Mapping[str, float], limit: int) -> list[Chunk]:
        lists = self._lists[family]
        scores: dict[int, float] = {}
        known = scores.get
        for term, weight in terms.items():
            worth = weight * rarity.get(term, 0.0)
            for number, impact in lists.get(term, {}).items():
                scores[number] = known(number, 0.0) + worth * impact
        best = heapq.nlargest(limit, scores.items(), key=lambda pair: pair[1])
        return [self._chunks[number]._replace(score=score) for number, score in best]

    def frequencies(self, family: str, terms: Iterable[str]) -> tuple[dict[str, int], int]:
        """In how many chunks each term is; and how many chunks there are."""
        lists = self._lists[family]
        return {term: len(lists.get(term, ())) for term in terms}, self._totals[family]

    def declaring(self, family: str, names: Iterable[str], limit: int) -> list[Source]:
        wanted = frozenset(names)
        holders = [(len(held & wanted), path) for path, held in self._declared.items() if not held.isdisjoint(wanted)]
        sources = [self._sources[path] for _, path in sorted(holders, reverse=True)]
        return [source for source in sources if source.family.id == family][:limit]

    def sources(self, paths: Iterable[str]) -> dict[str, Source]:
        return {path: self._sources[path] for path in paths if path in self._sources}
