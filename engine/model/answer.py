"""Builds an answer from a model's tokens, as they come."""

from __future__ import annotations

from collections.abc import Sequence

from engine.generated import Generated
from engine.model.folder import ModelDescription
from engine.model.protocol import Question, Token, Tokenizer
from engine.types import CancellationToken, ModelError


def find_stop_ids(description: ModelDescription, tokenizer: Tokenizer) -> tuple[int, ...]:
    """Return the ids that end an answer. Raises `ModelError` for a stop token that the tokenizer does not have."""
    found = []
    for token in description.stop:
        ids = tokenizer.control(token)
        if len(ids) != 1:  # each of its pieces would end an answer
            where = description.folder / "model.toml"
            raise ModelError(f"{where}: the tokenizer has no stop token {token!r}; convert the model again")
        found.append(ids[0])
    return tuple(found)


class AnswerBuilder:
    """Builds one answer. `add` is the generator's `OnToken`; it may be called in another thread than the rest."""

    def __init__(
        self, tokenizer: Tokenizer, stop_ids: Sequence[int], question: Question, cancellation: CancellationToken
    ) -> None:
        self._tokenizer, self._stop_ids, self._question = tokenizer, frozenset(stop_ids), question
        self._cancellation = cancellation
        self._log_prob = 0.0
        self._tokens: list[int] = []
        self._ends: list[int] = []
        self._log_probs: list[float] = []
        self._alternatives: list[tuple[tuple[int, float], ...]] = []
        self._text = ""
        self._end_log_prob: float | None = None
        self._has_ended = False

    def add(self, token: Token) -> bool:
        self._has_ended = self._has_ended or self._cancellation.is_cancelled or self._add(token)
        return self._has_ended

    def _add(self, token: Token) -> bool:
        self._alternatives.append(tuple(each for each in token.alternatives if each[0] not in self._stop_ids))
        if token.id in self._stop_ids:
            self._end_log_prob = token.log_prob
            return True
        self._tokens.append(token.id)
        self._text = self._tokenizer.decode(self._tokens)
        self._ends.append(len(self._text))
        self._log_probs.append(token.log_prob)
        if len(self._tokens) > self._question.ungated_tokens:
            self._log_prob += token.log_prob
        return self._question.stop(self._text) or self._log_prob < self._question.least_log_prob

    def generated(self, prefill_ms: float, decode_ms: float, wait_ms: float = 0.0, reused_tokens: int = 0) -> Generated:
        return Generated(
            text=self._text,
            ends=tuple(self._ends),
            log_probs=tuple(self._log_probs),
            end_log_prob=self._end_log_prob,
            stopped=self._end_log_prob is not None or len(self._tokens) < self._question.max_new_tokens,
            prefill_ms=prefill_ms,
            decode_ms=decode_ms,
            wait_ms=wait_ms,
            reused_tokens=reused_tokens,
            tokens=tuple(self._tokens),
            alternatives=tuple(self._alternatives),
        )
