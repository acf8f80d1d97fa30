"""Decides which prompt heads a generator keeps the KV state of; `engine.model.generator` keeps them.

CTranslate2 keeps the state of a `static_prompt` by its exact tokens; it neither extends nor drops one. So heads are
chosen with care: one that stays the same while the user types is kept, what is typed after it is read again with each
key, and a longer head is kept in its place when the user pauses or too much follows it. All kept states are dropped at
once, by building the generator again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MIN_HEAD_TOKENS = 64  # fewer are read in no time
MOVE_TOKENS = 64  # so many after a kept head are worth a longer head, in a pause
HALVED_TOKENS = 512  # such a prompt is read faster in two pieces: prefill time grows faster than the length
MAX_TAIL_SHARE = 0.5  # of a prompt; with more after the kept head, a new one is made while the user waits


@dataclass(frozen=True)
class Plan:
    """How a prompt is read."""

    static: int = 0  # so many first tokens are the static prompt
    keep: bool = False  # their state is kept
    reused: bool = False  # their state is there already


@dataclass
class PrefixCache:
    """The heads that a generator has kept so far. `budget_bytes` bounds their states together."""

    bytes_per_token: int
    budget_bytes: int
    hits: int = 0
    misses: int = 0
    reused_tokens: int = 0
    _heads: dict[tuple[int, ...], None] = field(default_factory=dict)  # as an ordered set, the most recently used last
    _tokens: int = 0
    _wanted: tuple[int, ...] = ()

    @property
    def size_bytes(self) -> int:
        return self._tokens * self.bytes_per_token

    def plan(self, tokens: Sequence[int], stable_tokens: int) -> Plan:
        """Return how to read a prompt whose first `stable_tokens` tokens will probably come again."""
        tokens = tuple(tokens)
        head = min(stable_tokens, len(tokens) - 1)  # CTranslate2 must have something left to read
        kept = self._longest(tokens)
        self._wanted = tokens[:head] if head - len(kept) >= MOVE_TOKENS and head >= MIN_HEAD_TOKENS else ()
        after = head - len(kept)
        if self._wanted and (not kept or after > MAX_TAIL_SHARE * len(tokens)) and self._fits(head):
            self.misses += 1
            self._keep(self._wanted)
            return Plan(head, keep=True)
        if not kept:
            self.misses += 1
            return Plan(len(tokens) // 2 if len(tokens) >= HALVED_TOKENS else 0)
        self.hits += 1
        self.reused_tokens += len(kept)
        self._heads[kept] = self._heads.pop(kept)
        return Plan(len(kept), keep=True, reused=True)

    def next_head(self) -> tuple[int, ...]:
        """Return a head that would serve the last prompt's successors better, or (). It counts as kept from now on."""
        wanted = self._wanted
        if not wanted or not self._fits(len(wanted)):
            return ()
        self._keep(wanted)
        return wanted

    @property
    def wanted_tokens(self) -> int:
        """The length of what `next_head` would return."""
        return len(self._wanted) if self._fits(len(self._wanted)) else 0

    @property
    def is_full(self) -> bool:
        """True if there was no room for a head that was wanted: time to drop all."""
        return bool(self._wanted) and not self._fits(len(self._wanted)) and bool(self._heads)

    def forget(self) -> None:
        """Drop all heads, as a new generator has none. The head that was wanted last still is."""
        if not self._wanted and self._heads:
            self._wanted = next(reversed(self._heads))
        self._heads.clear()
        self._tokens = 0

    def _longest(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        fitting = (head for head in self._heads if len(head) < len(tokens) and tokens[: len(head)] == head)
        return max(fitting, key=len, default=())

    def _fits(self, head: int) -> bool:
        return (self._tokens + head) * self.bytes_per_token <= self.budget_bytes

    def _keep(self, head: tuple[int, ...]) -> None:
        self._heads[head] = None
        self._tokens += len(head)
        self._wanted = ()
