"""The cache: bounded in entries and bytes; the least recently used entries are dropped first."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from engine.completion.cache.entry import Entry, make_entry
from engine.completion.cache.place import Place
from engine.completion.decide import Decider
from engine.document import Cursor
from engine.types import Completion, Outcome, Prompt

MAX_ENTRIES = 512
MAX_BYTES = 4 * 2**20

SAME_PLACE, TYPED_ALONG, WENT_BACK, NOTHING = "same place", "typed along", "went back", "nothing to show"
MISS = "miss"


@dataclass(frozen=True)
class CacheHit:
    """What the cache knows for a place."""

    kind: str  # what the user has done since the request
    completion: Completion | None  # with LF line ends
    silence: str = ""  # why there is no completion
    receipt: Prompt | None = None  # the prompt of the request, without its tokens
    next_characters: tuple[str, ...] = ()  # as in `Generated`, if the request was for this very place


@dataclass(frozen=True)
class _Match:
    """An entry that may apply to a place."""

    entry: Entry
    typed: str  # since the request
    deleted: str = ""  # since the request


class CompletionCache:
    """The cache of all open documents. One thread. `counts` has the lookups by kind of hit, and the misses."""

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._entries: OrderedDict[int, Entry] = OrderedDict()  # by identity, the most recently used last
        self._by_key: dict[int, list[Entry]] = {}
        self._on_screen: dict[str, Entry] = {}  # by document: the entry shown last
        self._bytes = 0
        self.counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """The approximate size in bytes."""
        return self._bytes

    def put(self, place: Place, outcome: Outcome, rank: int = 0, *, on_screen: bool = True) -> None:
        """Keep an answer, in the place of an older one of this place or rank.

        `on_screen` is True if its completion is being shown, False if it is kept for later.
        """
        entry = make_entry(place, outcome, rank, on_screen=on_screen)
        if entry is None:
            return
        for old in list(self._by_key.get(place.key, ())):
            if (old.place.document, old.place.line, old.place.after) != (place.document, place.line, place.after):
                continue
            is_current, is_same_text = old.place.epoch == place.epoch, old.answer.text == entry.answer.text
            if is_current and is_same_text and old.rank < rank:
                return
            if not is_current or is_same_text or old.rank == rank:
                self._remove(old)
        self._entries[id(entry)] = entry
        self._by_key.setdefault(place.key, []).append(entry)
        self._bytes += entry.size
        if entry.shown and not rank:
            self._on_screen[place.document] = entry
        while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
            self._remove(next(iter(self._entries.values())))

    def lookup(self, place: Place, cursor: Cursor, decider: Decider) -> CacheHit | None:
        """Return what is known for `place`, which is that of `cursor`; None if the model must be asked."""
        found = self._lookup(place, cursor, decider)
        self.counts[found.kind if found else MISS] += 1
        return found

    def find_all(self, place: Place, cursor: Cursor, decider: Decider) -> list[CacheHit]:
        """Return all different completions that are known for `place`, the best first."""
        found: list[CacheHit] = []
        seen: set[str] = set()
        for each in self._matches(place):
            if each.deleted:
                continue
            completion, _ = each.entry.completion_at(place, each.typed, cursor.near, decider)
            if completion and completion.text not in seen:
                seen.add(completion.text)
                kind = TYPED_ALONG if each.typed else SAME_PLACE
                found.append(CacheHit(kind, completion, receipt=each.entry.receipt))
        return found

    def knows(self, place: Place) -> bool:
        """True if the model was asked at exactly this place."""
        return any(entry.place.is_at(place) for entry in self._by_key.get(place.key, ()))

    def take_off_screen(self, document: str) -> None:
        """Forget that the last completion was shown: it needs its confidence again to be shown."""
        if entry := self._on_screen.pop(document, None):
            entry.shown = ""

    def forget(self, document: str) -> None:
        """Forget a document."""
        for entry in [entry for entry in self._entries.values() if entry.place.document == document]:
            self._remove(entry)

    def clear(self) -> None:
        """Forget all, as when another model answers. The counts stay."""
        self._entries.clear()
        self._by_key.clear()
        self._on_screen.clear()
        self._bytes = 0

    def _lookup(self, place: Place, cursor: Cursor, decider: Decider) -> CacheHit | None:
        for each in self._matches(place):
            entry = each.entry
            if each.deleted:
                completion, silence, kind = entry.completion_with(each.deleted, cursor.near, decider), "", WENT_BACK
            else:
                completion, silence = entry.completion_at(place, each.typed, cursor.near, decider)
                kind = TYPED_ALONG if each.typed else SAME_PLACE
            if completion is None and not silence:
                continue
            self._entries.move_to_end(id(entry))
            characters = entry.answer.next_characters if kind == SAME_PLACE else ()
            if completion is None:
                return CacheHit(NOTHING, None, silence, entry.receipt, characters)
            self._on_screen[place.document] = entry
            return CacheHit(kind, completion, "", entry.receipt, characters)
        return None

    def _matches(self, place: Place) -> list[_Match]:
        """Return the entries that may apply: the one on the screen, then by nearness, probability and age."""
        shown = self._on_screen.get(place.document)
        found: list[_Match] = []
        for entry, line, here in self._nearby(place):
            if entry.place.stable_after != place.stable_after:
                continue
            if entry.place.epoch != place.epoch and entry is not shown:
                continue  # the model would see another context now
            if line.startswith(entry.place.line):
                found.append(_Match(entry, line[len(entry.place.line) :]))
            elif here and entry.place.line.startswith(line) and not entry.rank:
                found.append(_Match(entry, "", entry.place.line[len(line) :]))
        found.reverse()
        found.sort(key=lambda each: (each.entry is not shown, len(each.deleted), len(each.typed), each.entry.rank))
        return found

    def _nearby(self, place: Place) -> Iterator[tuple[Entry, str, bool]]:
        """Yield (entry, the text from its line's start to `place`, True on the cursor's line) of all near it."""
        for number, line in enumerate(place.lines):
            for entry in self._by_key.get(line.key, ()):
                yield entry, line.text, number == 0

    def _remove(self, entry: Entry) -> None:
        del self._entries[id(entry)]
        self._bytes -= entry.size
        same_key = self._by_key[entry.place.key]
        same_key.remove(entry)
        if not same_key:
            del self._by_key[entry.place.key]
        if self._on_screen.get(entry.place.document) is entry:
            del self._on_screen[entry.place.document]
