"""The whole index of a workspace: the store, and over it what was edited or saved since, which takes precedence."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Mapping
from heapq import nlargest
from typing import TypeVar

from engine.context.index import MemoryIndex
from engine.context.source import Chunk, Source
from engine.context.store import StoreError, StoreReader, StoreUnavailableError
from engine.context.words import inverse_frequency

MAX_QUERY_TERMS = 40  # the heaviest; the others do not change the order of chunks
LEAST_SHARE = 0.001  # of a query's weight: terms below it change nothing either, and are in nearly all chunks
MAX_KEPT_SOURCES = 200  # a search reads some forty, and the search after the next key nearly the same
MAX_KEPT_CHARS = 4_000_000


T = TypeVar("T")


class LayeredIndex:
    """An `Index`. Owned by one thread. Without a store (not built yet, or damaged) the layer above answers alone.

    A store that proves to be damaged is dropped, and `fault` is the reason: no search fails because of it.
    """

    def __init__(self) -> None:
        self._edited = MemoryIndex()
        self._deleted: set[str] = set()
        self._reader: StoreReader | None = None
        self.fault = ""
        self._kept: OrderedDict[str, Source] = OrderedDict()
        self._kept_chars = 0

    def take_store(self, reader: StoreReader | None) -> None:
        """Use this store from now on; None for none."""
        self._reader = reader
        self._kept.clear()
        self._kept_chars = 0

    def refresh(self, committed: Iterable[str] | None) -> None:
        """Read what the writer committed, and drop cached texts of these paths; None: of all."""
        self._query_store(StoreReader.refresh)
        for path in list(self._kept) if committed is None else committed:
            if gone := self._kept.pop(path, None):
                self._kept_chars -= len(gone.text)

    def put(self, source: Source) -> None:
        """Use this text of a file, whatever the store has."""
        self._deleted.discard(source.path)
        self._edited.put(source)

    def delete(self, path: str) -> None:
        self._edited.drop(path)
        self._deleted.add(path)

    def settle(self, paths: Iterable[str] | None, kept: Container[str]) -> None:
        """Drop entries that the store has as well, except those in `kept`. `paths=None` means all."""
        if self._reader is None:
            return
        above = {*self._edited.paths, *self._deleted}
        checked = [path for path in (above if paths is None else above.intersection(paths)) if path not in kept]
        stored = {source.path: source.text for source in self._query_store(lambda store: store.sources(checked)) or ()}
        held = {path: source.text for path, source in self._edited.sources(checked).items()}
        for path in checked:
            if stored.get(path) == held.get(path):
                self._edited.drop(path)
                self._deleted.discard(path)

    def edited_source(self, path: str) -> Source | None:
        """Return the text of a file in the upper layer, if it is there."""
        return self._edited.sources([path]).get(path)

    def search(self, family: str, terms: Mapping[str, float], rarity: Mapping[str, float], limit: int) -> list[Chunk]:
        weights = {term: terms[term] * rarity[term] for term in terms if term in rarity}
        least = LEAST_SHARE * sum(weights.values())
        heaviest = [
            term for term in nlargest(MAX_QUERY_TERMS, weights, key=weights.__getitem__) if weights[term] >= least
        ]
        found = self._edited.search(family, {term: terms[term] for term in heaviest}, rarity, limit)
        queried = {term: weights[term] for term in heaviest}
        stored = self._query_store(lambda store: store.search(family, queried, limit)) or ()
        found += [chunk for chunk in stored if not self._is_covered(chunk.path)]
        return sorted(found, key=lambda chunk: -chunk.score)[:limit]

    def rarity(self, family: str, terms: Iterable[str]) -> dict[str, float]:
        counts, total = self.frequencies(family, terms)
        return {term: inverse_frequency(count, total) for term, count in counts.items() if count}

    def frequencies(self, family: str, terms: Iterable[str]) -> tuple[dict[str, int], int]:
        """Return in how many chunks of a family each term is, and the number of chunks of the family."""
        wanted = list(terms)
        counts, total = self._edited.frequencies(family, wanted)
        stored, of = self._query_store(lambda store: store.frequencies(family, wanted)) or ({}, 0)
        return {term: counts[term] + stored.get(term, 0) for term in wanted}, total + of

    def declaring(self, family: str, names: Iterable[str], limit: int) -> list[Source]:
        wanted = list(names)
        found = self._edited.declaring(family, wanted, limit)
        stored = self._query_store(lambda store: store.declaring(family, wanted, limit)) or ()
        found += [self._kept_of(source) for source in stored if not self._is_covered(source.path)]
        return found

    def sources(self, paths: Iterable[str]) -> dict[str, Source]:
        wanted = list(dict.fromkeys(paths))
        found = self._edited.sources(wanted)
        missing = []
        for path in wanted:
            if path in found or path in self._deleted:
                continue
            if kept := self._kept.get(path):
                self._kept.move_to_end(path)
                found[path] = kept
            else:
                missing.append(path)
        for source in self._query_store(lambda store: store.sources(missing)) or ():
            found[source.path] = self._kept_of(source)
        return found

    def _query_store(self, question: Callable[[StoreReader], T]) -> T | None:
        """Return the store's result; None if there is no store, or it is damaged."""
        if self._reader is None:
            return None
        try:
            return question(self._reader)
        except StoreUnavailableError:
            return None  # the next search tries again
        except StoreError as fault:
            self.take_store(None)
            self.fault = str(fault)
            return None

    def _is_covered(self, path: str) -> bool:
        return path in self._edited or path in self._deleted

    def _kept_of(self, source: Source) -> Source:
        """Return the cached text of the path, with what was derived from it; else cache this one and return it."""
        if kept := self._kept.get(source.path):
            self._kept.move_to_end(source.path)
            return kept
        self._kept[source.path] = source
        self._kept_chars += len(source.text)
        while len(self._kept) > MAX_KEPT_SOURCES or self._kept_chars > MAX_KEPT_CHARS:
            _, dropped = self._kept.popitem(last=False)
            self._kept_chars -= len(dropped.text)
        return source
