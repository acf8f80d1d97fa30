"""The index protocol that searches use, and an index in memory, of what was just edited or saved."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol

from engine.context.source import CHUNK_STRIDE, Chunk, Source, changed_lines, chunk_borders
from engine.context.words import inverse_frequency, terms_of_text

K1, B = 1.2, 0.75  # of BM25, as in tantivy
MEAN_TERMS = 110  # of a chunk of 20 lines; taken for the mean, so that a chunk's scores need no other chunk


class Index(Protocol):
    """The texts of a workspace. Used in one thread; paths are relative, with slashes."""

    def rarity(self, family: str, terms: Iterable[str]) -> dict[str, float]:
        """Return the inverse frequency, as in BM25, of those terms that occur in chunks of a family."""
        ...

    def search(self, family: str, terms: Mapping[str, float], rarity: Mapping[str, float], limit: int) -> list[Chunk]:
        """Return the best chunks of a family for weighted terms of this rarity, by BM25, best first."""
        ...

    def declaring(self, family: str, names: Iterable[str], limit: int) -> list[Source]:
        """Return files that declare any of `names`, those that declare the rarest first."""
        ...

    def sources(self, paths: Iterable[str]) -> dict[str, Source]:
        """Return the texts of those of `paths` that are in the index."""
        ...


class _IndexedChunk(NamedTuple):
    """A chunk in the lists: its number, and the terms whose lists contain it."""

    number: int
    terms: tuple[str, ...]


class MemoryIndex:
    """Inverted lists in dictionaries. For some hundred files; the store has the others."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}
        self._chunks: dict[int, Chunk] = {}
        self._of_path: dict[str, list[_IndexedChunk]] = {}
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
        """Put or replace a file. Chunks above and below the change stay: a key costs what it changes, not its file."""
        path, family, lines = source.path, source.family.id, source.lines
        if path in self._sources and self._sources[path].family.id != family:
            self.drop(path)
        above, changed, below = self._parted(source)
        last = self._chunks[above[-1].number] if above else None
        begin = min(last.start + CHUNK_STRIDE, last.end) if last else 0
        end = self._chunks[below[0].number].start if below else None
        added = [
            self._added(Chunk(path, begin + start, begin + stop, 0.0), family, lines[begin + start : begin + stop])
            for start, stop in chunk_borders(len(lines) - begin)
            if end is None or begin + start < end
        ]
        self._forget(family, changed)
        self._sources[path] = source
        self._declared[path] = source.declared  # parses now, not during a search
        self._of_path[path] = [*above, *filter(None, added), *below]

    def _parted(self, source: Source) -> tuple[list[_IndexedChunk], list[_IndexedChunk], list[_IndexedChunk]]:
        """Return a file's chunks: those above the lines that differ, those with such lines, and those below.

        The last are moved to where their lines are now.
        """
        known = self._sources.get(source.path)
        if known is None:
            return [], [], []
        differing = changed_lines(known.lines, source.lines)
        above: list[_IndexedChunk] = []
        changed: list[_IndexedChunk] = []
        below: list[_IndexedChunk] = []
        for each in self._of_path[source.path]:
            chunk = self._chunks[each.number]
            part = above if chunk.end <= differing.start else below if chunk.start >= differing.old_end else changed
            part.append(each)
            if part is below:
                moved = differing.new_end - differing.old_end
                self._chunks[each.number] = chunk._replace(start=chunk.start + moved, end=chunk.end + moved)
        return above, changed, below

    def _added(self, chunk: Chunk, family: str, lines: list[str]) -> _IndexedChunk | None:
        """Add a new chunk to the lists and return it; None if it has no terms."""
        counts = Counter(term for line in lines for term in terms_of_text(line).split())
        if not counts:
            return None
        norm = K1 * (1 - B + B * counts.total() / MEAN_TERMS)
        number = self._next = self._next + 1
        lists = self._lists[family]
        for term, times in counts.items():
            lists.setdefault(term, {})[number] = times * (K1 + 1) / (times + norm)
        self._chunks[number] = chunk
        self._totals[family] += 1
        return _IndexedChunk(number, tuple(counts))

    def drop(self, path: str) -> None:
        source = self._sources.pop(path, None)
        if source is None:
            return
        del self._declared[path]
        self._forget(source.family.id, self._of_path.pop(path))

    def _forget(self, family: str, held: Collection[_IndexedChunk]) -> None:
        """Remove chunks from the lists."""
        lists = self._lists[family]
        self._totals[family] -= len(held)
        for each in held:
            for term in each.terms:
                del lists[term][each.number]
                if not lists[term]:
                    del lists[term]
            del self._chunks[each.number]

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
