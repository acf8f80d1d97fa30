"""Which beginnings of prompts a generator keeps the KV state of.

CTranslate2 keeps the state of a `static_prompt` by its exact tokens; it neither extends nor forgets one. So heads of
prompts are chosen with care: one that will stay the same while a person types is kept, what they type behind it is read
anew with each key, and the head moves on, as a new one, when they pause or too much stands behind it. All kept states
are forgotten at once, by building the generator anew. This module decides; `engine.model.generator` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MIN_HEAD_TOKENS = 64  # less is read in no time
MOVE_TOKENS = 64  # so much behind a kept head makes moving it on worth a pause
HALVED_TOKENS = 512  # a prompt so long is read faster in two pieces: CTranslate2's prefill grows faster than its length
MAX_TAIL_SHARE = 0.5  # of a prompt; with more behind the kept head, a new one is made while somebody waits


@dataclass(frozen=True)
class Plan:
    """The first `static` tokens of a prompt are the static prompt; with `keep`, their state is kept.

    `reused`: their state was there already.
    """

    static: int = 0
    keep: bool = False
    reused: bool = False


@dataclass
class PrefixCache:
    """The heads a generator has kept so far. `budget_bytes` bounds their states together."""

    bytes_per_token: int
    budget_bytes: int
    hits: int = 0
    misses: int = 0
    reused_tokens: int = 0
    _heads: dict[tuple[int, ...], None] = field(default_factory=dict)  # as an ordered set, the last used last
    _tokens: int = 0
    _wanted: tuple[int, ...] = ()

    @property
    def size_bytes(self) -> int:
        return self._tokens * self.bytes_per_token

    def plan(self, tokens: Sequence[int], stable_tokens: int) -> Plan:
        """How to read a prompt whose first `stable_tokens` tokens are likely to come again."""
        tokens = tuple(tokens)
        head = min(stable_tokens, len(tokens) - 1)  # CTranslate2 must have something left to read
        kept = self._longest(tokens)
        self._wanted = tokens[:head] if head - len(kept) >= MOVE_TOKENS and head >= MIN_HEAD_TOKENS else ()
        behind = head - len(kept)
        if self._wanted and (not kept or behind > MAX_TAIL_SHARE * len(tokens)) and self._fits(head):
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
        """The head that would serve the last prompt's successors better than what is kept, or (). Kept from now on."""
        wanted = self._wanted
        if not wanted or not self._fits(len(wanted)):
            return ()
        self._keep(wanted)
        return wanted

    @property
    def wanted_tokens(self) -> int:
        """The length of what `next_head` would give."""
        return len(self._wanted) if self._fits(len(self._wanted)) else 0

    @property
    def is_full(self) -> bool:
        """A head was wanted for which there is no room: time to forget all."""
        return bool(self._wanted) and not self._fits(len(self._wanted)) and bool(self._heads)

    def forget(self) -> None:
        """The generator was built anew. What was wanted last still is."""
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
