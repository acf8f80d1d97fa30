"""What the pipeline needs of a model. Tests script it; `ctranslate` implements it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from engine.generated import Generated
from engine.model.folder import ModelDescription
from engine.types import GREEDY, CancellationToken, Priority, Sampling


class Token(NamedTuple):
    """One token of an answer. `others` are the most probable ones that could have stood in its place, best first."""

    id: int
    log_prob: float
    others: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Continuation:
    """Tokens to be continued, as a generator is asked for it: by ids alone."""

    tokens: Sequence[int]
    max_new_tokens: int
    end_ids: tuple[int, ...] = ()  # each ends the continuation; it is given to the caller as well
    sampling: Sampling = GREEDY
    head: int = 0  # so many first tokens are likely to be the first of the next prompts too
    others: Sequence[int] = ()  # how many alternatives come with the first new token, the second and so on

    def after(self, said: Sequence[int]) -> Continuation:
        """Return what is left to do once so many tokens have come."""
        return replace(
            self,
            tokens=[*self.tokens, *said],
            max_new_tokens=self.max_new_tokens - len(said),
            others=self.others[len(said) :],
        )


# Told each token; True ends the generation.
OnToken = Callable[[Token], bool]

# Told the text so far after each token; True ends the generation.
StopRule = Callable[[str], bool]


@dataclass(frozen=True)
class Question:
    """What a model is asked: to continue `tokens` until it ends, `stop` says so, or `max_new_tokens` are there.

    The first `head` tokens are likely to be the first of the next prompts too: their state is worth keeping. `others`:
    so many other tokens are told beside the first, the second and so on. An answer that is less probable than
    `least_log_prob`, not counting its first `forgiven` tokens, is given up where it becomes so: nobody would be shown
    it. `held`: from where to where the tokens are that the answer may say otherwise, see `engine.model.healing`; their
    text is not part of the answer. `next_signs`: the probable next characters are told.
    """

    tokens: Sequence[int]
    max_new_tokens: int
    stop: StopRule
    sampling: Sampling = GREEDY
    head: int = 0
    priority: Priority = Priority.COMPLETION
    others: Sequence[int] = ()
    least_log_prob: float = -math.inf
    forgiven: int = 0
    held: tuple[int, int] = (0, 0)
    next_signs: bool = False

    def continuation(self, end_ids: tuple[int, ...]) -> Continuation:
        """Return what a generator is asked for."""
        return Continuation(self.tokens, self.max_new_tokens, end_ids, self.sampling, self.head, self.others)


class Tokenizer(Protocol):
    def encode(self, text: str) -> list[int]:
        """Token ids of `text`. Control tokens spelled in it stay text: what a user wrote cannot change a role."""
        ...

    def control(self, token: str) -> list[int]:
        """The ids of a control token of the template: one id, or its spelling where the model has no such token."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens; a character cut in half becomes U+FFFD."""
        ...


class LanguageModel(Protocol):
    @property
    def description(self) -> ModelDescription: ...

    @property
    def tokenizer(self) -> Tokenizer: ...

    def generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        """Raises `Cancelled` within one decode step of `cancellation`. One caller at a time."""
        ...
