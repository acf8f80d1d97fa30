"""The workspace's texts as the sources ask for them: the index knows where to look, the texts are the editor's."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.context.index import Index
from engine.context.source import Source
from engine.next_edit.places import kinship, occurrences

CHUNKS_LOOKED_AT = 30
FILES_LOOKED_AT = 8
MAX_NEAR = 4  # words; more find the same files
SEARCH_SECONDS = 0.02  # of the processor, for one situation: other files are looked for no longer than that
Reader = Callable[[str], Source | None]


class IndexedFiles:
    """`Files` for one situation: a text is read once. Used in the thread that owns the index."""

    def __init__(self, index: Index, read: Reader) -> None:
        self._index, self._reader = index, read
        self._read: dict[str, Source | None] = {}
        self._searched = 0.0  # seconds
        self._using: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}

    def read(self, path: str) -> Source | None:
        if path not in self._read:
            self._read[path] = self._reader(path)
        return self._read[path]

    def using(self, word: str, like: Source, limit: int, near: tuple[str, ...] = ()) -> list[str]:
        near = tuple(sorted(near, key=len)[-MAX_NEAR:])
        key = word, like.path, near
        known = self._using.get(key)
        if known is None:
            began = time.thread_time()
            known = self._using[key] = self._holding(word, like, near) if self._searched < SEARCH_SECONDS else []
            self._searched += time.thread_time() - began
        return known[:limit]

    def _holding(self, word: str, like: Source, near: tuple[str, ...]) -> list[str]:
        family, term = like.family.id, word.lower()
        terms = {each.lower(): 1.0 for each in near} | {term: 2.0}
        rarity = self._index.rarity(family, terms)
        if term not in rarity:
            return []
        chunks = self._index.search(family, terms, rarity, CHUNKS_LOOKED_AT)
        paths = list(dict.fromkeys(chunk.path for chunk in chunks))
        if not near:
            paths.sort(key=lambda path: -kinship(like.path, path))
        held = self._index.sources(paths[:FILES_LOOKED_AT])
        return [path for path, source in held.items() if any(True for _ in occurrences(source.text, word))]

    def declaring(self, name: str, like: Source, limit: int) -> list[str]:
        return [source.path for source in self._index.declaring(like.family.id, [name], limit)]
