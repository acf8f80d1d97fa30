"""The engine process' model behind `engine.model.protocol.LanguageModel`: text here, tokens there."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.generated import Generated
from engine.model.answer import AnswerBuilder, find_stop_ids
from engine.model.folder import ModelDescription
from engine.model.healing import Healing
from engine.model.protocol import Question, Token
from engine.model.tokenizer import FolderTokenizer
from engine.serving import messages
from engine.serving.client import EngineClient
from engine.serving.messages import ModelKey
from engine.types import CancellationToken


class ServedModel:
    """May be used from several threads. Raises `EngineError` where the engine process cannot load the model."""

    def __init__(self, client: EngineClient, description: ModelDescription, device: str, threads: int) -> None:
        self._client, self._description = client, description
        self._tokenizer = FolderTokenizer(description.folder)
        self._healing = Healing(self._tokenizer)
        self._stop_ids = find_stop_ids(description, self._tokenizer)
        self._key = ModelKey(str(description.folder.resolve()), device, threads)
        self.opened = client.open(*self._key)

    @property
    def description(self) -> ModelDescription:
        return self._description

    @property
    def tokenizer(self) -> FolderTokenizer:
        return self._tokenizer

    def generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        """As the protocol says. Returns as soon as `stop` does; the engine then ends its work within a decode step."""
        return self._healing.generate(lambda question: self._ask(question, cancellation), question)

    def _ask(self, question: Question, cancellation: CancellationToken) -> Generated:
        cancellation.check()
        answer = _Heard(self._tokenizer, self._stop_ids, question, cancellation)

        def begin() -> Callable[[messages.Began | messages.Said], bool]:
            nonlocal answer
            answer = _Heard(self._tokenizer, self._stop_ids, question, cancellation)
            return answer.hear

        sampling = question.sampling
        asked = {
            "tokens": list(question.tokens),
            "stable_tokens": question.stable_tokens,
            "max_new_tokens": question.max_new_tokens,
            "end_ids": list(self._stop_ids),
            "sampling": [sampling.temperature, sampling.top_p, sampling.top_k, sampling.seed],
            "priority": int(question.priority),
            "alternatives": list(question.alternatives),
        }
        self._client.generate(self._key, asked, cancellation, begin)
        cancellation.check()
        return answer.as_generated()


class _Heard(AnswerBuilder):
    """An answer as the engine process sends it."""

    _began = messages.Began(0, 0.0, 0.0, 0)
    _first = _last = 0.0

    def hear(self, what: messages.Began | messages.Said) -> bool:
        self._last = time.perf_counter()
        if isinstance(what, messages.Began):
            self._began, self._first = what, self._last
            return False
        return self.add(
            Token(what.token, what.log_prob, tuple((token, log_prob) for token, log_prob in what.alternatives))
        )

    def as_generated(self) -> Generated:
        began = self._began
        decode_ms = (self._last - self._first) * 1000
        return self.generated(began.prefill_ms, decode_ms, began.wait_ms, began.reused_tokens)
