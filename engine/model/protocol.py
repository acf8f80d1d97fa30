"""What the pipeline needs of a model. `ctranslate`, `engine.serving` and `engine.remote` have it; tests script it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from engine.generated import Generated
from engine.model.folder import ModelDescription
from engine.types import GREEDY, CancellationToken, Priority, Sampling


class Token(NamedTuple):
    """One token of an answer."""

    id: int
    log_prob: float
    alternatives: tuple[tuple[int, float], ...] = ()  # the likeliest others for its place, best first


@dataclass(frozen=True)
class Continuation:
    """Tokens to be continued, as a generator is asked for it: by ids alone."""

    tokens: Sequence[int]
    max_new_tokens: int
    end_ids: tuple[int, ...] = ()  # each ends the continuation; it is given to the caller as well
    sampling: Sampling = GREEDY
    stable_tokens: int = 0  # so many first tokens are probably the first of the next prompts too
    alternatives: Sequence[int] = ()  # how many come with the first new token, the second and so on

    def after(self, generated: Sequence[int]) -> Continuation:
        """Return what is left to do once these tokens have come."""
        return replace(
            self,
            tokens=[*self.tokens, *generated],
            max_new_tokens=self.max_new_tokens - len(generated),
            alternatives=self.alternatives[len(generated) :],
        )


# Gets each token; returns True to end the generation.
OnToken = Callable[[Token], bool]

# Gets the text so far after each token; returns True to end the generation.
StopRule = Callable[[str], bool]


@dataclass(frozen=True)
class Question:
    """What a model is asked: to continue `tokens` until it ends, `stop` ends it, or the limit is reached."""

    tokens: Sequence[int]
    max_new_tokens: int
    stop: StopRule
    sampling: Sampling = GREEDY
    stable_tokens: int = 0  # so many first tokens are probably the first of the next prompts too: worth keeping
    priority: Priority = Priority.COMPLETION
    alternatives: Sequence[int] = ()  # how many come with the first new token, the second and so on
    least_log_prob: float = -math.inf  # an answer that becomes less probable is given up: nobody would see it
    ungated_tokens: int = 0  # so many first tokens do not count for `least_log_prob`
    # The range of the tokens that the answer may begin with otherwise, see `engine.model.healing`; their text is not
    # part of the answer.
    healed_span: tuple[int, int] = (0, 0)
    # The tokens that stay in the span's place, if only the end of its text is taken out: the blank before the cursor.
    kept_tokens: tuple[int, ...] | None = None
    next_characters: bool = False  # the answer names the probable next characters

    def continuation(self, end_ids: tuple[int, ...]) -> Continuation:
        """Return what a generator is asked for."""
        return Continuation(
            self.tokens, self.max_new_tokens, end_ids, self.sampling, self.stable_tokens, self.alternatives
        )


class Tokenizer(Protocol):
    def encode(self, text: str) -> list[int]:
        """Return the token ids of `text`. Control tokens spelled in it stay text: users cannot change a role."""
        ...

    def control(self, token: str) -> list[int]:
        """Return the ids of a template's control token: one id, or its spelling if the model has no such token."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens; a character cut in half becomes U+FFFD."""
        ...


class LanguageModel(Protocol):
    @property
    def description(self) -> ModelDescription: ...

    @property
    def tokenizer(self) -> Tokenizer: ...

    def generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        """Return the answer. Raises `Cancelled` within one decode step of `cancellation`. One caller at a time."""
        ...
