"""The engine process' model as a `LanguageModel`: text on this side, tokens on the other."""

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
    """Any thread may call any method. Raises `EngineError` if the engine process cannot load the model."""

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
        """Return the answer. Returns as soon as `stop` does; the engine then ends its work within a decode step."""
        return self._healing.generate(lambda question: self._generate(question, cancellation), question)

    def _generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        cancellation.check()
        answer = _ServedAnswer(self._tokenizer, self._stop_ids, question, cancellation)

        def begin() -> Callable[[messages.PrefillDone | messages.NewToken], bool]:
            nonlocal answer
            answer = _ServedAnswer(self._tokenizer, self._stop_ids, question, cancellation)
            return answer.receive

        sampling = question.sampling
        fields = {
            "tokens": list(question.tokens),
            "stable_tokens": question.stable_tokens,
            "max_new_tokens": question.max_new_tokens,
            "end_ids": list(self._stop_ids),
            "sampling": [sampling.temperature, sampling.top_p, sampling.top_k, sampling.seed],
            "priority": int(question.priority),
            "alternatives": list(question.alternatives),
        }
        self._client.generate(self._key, fields, cancellation, begin)
        cancellation.check()
        return answer.as_generated()


class _ServedAnswer(AnswerBuilder):
    """An answer as it comes from the engine process."""

    _prefill = messages.PrefillDone(0, 0.0, 0.0, 0)
    _first = _last = 0.0

    def receive(self, event: messages.PrefillDone | messages.NewToken) -> bool:
        self._last = time.perf_counter()
        if isinstance(event, messages.PrefillDone):
            self._prefill, self._first = event, self._last
            return False
        return self.add(
            Token(event.token, event.log_prob, tuple((token, log_prob) for token, log_prob in event.alternatives))
        )

    def as_generated(self) -> Generated:
        prefill = self._prefill
        decode_ms = (self._last - self._first) * 1000
        return self.generated(prefill.prefill_ms, decode_ms, prefill.wait_ms, prefill.reused_tokens)
