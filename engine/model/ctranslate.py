"""A model folder, loaded into this process, for the command, evaluation and benchmarks.

The daemon uses the engine process instead, see `engine.serving`.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.generated import Generated
from engine.model.answer import AnswerBuilder, find_stop_ids
from engine.model.folder import ModelDescription
from engine.model.generator import TokenGenerator
from engine.model.healing import Healing
from engine.model.protocol import Question
from engine.model.tokenizer import FolderTokenizer
from engine.types import CancellationToken


class CTranslateModel:
    """A model in this process. Not thread-safe: one caller at a time. Raises `ModelError` if it cannot be loaded."""

    def __init__(self, description: ModelDescription, device: str = "auto", threads: int = 0) -> None:
        self._description = description
        self._tokenizer = FolderTokenizer(description.folder)
        self._healing = Healing(self._tokenizer)
        self._stop_ids = find_stop_ids(description, self._tokenizer)
        self._generator = TokenGenerator(description.folder, device, threads)

    @property
    def description(self) -> ModelDescription:
        return self._description

    @property
    def tokenizer(self) -> FolderTokenizer:
        return self._tokenizer

    @property
    def device(self) -> str:
        return self._generator.device

    @property
    def compute_type(self) -> str:
        return self._generator.compute_type

    @property
    def threads(self) -> int:
        return self._generator.threads

    def warm_up(self) -> None:
        self._generator.warm_up()

    def score(self, tokens: Sequence[int]) -> list[float]:
        """Return the log-probability of each token after the first, given those before it."""
        return self._generator.score(tokens)

    def generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        def ask(question: Question) -> Generated:
            cancellation.check()
            answer = AnswerBuilder(self._tokenizer, self._stop_ids, question, cancellation)
            took = self._generator.generate(question.continuation(self._stop_ids), answer.add)
            cancellation.check()
            return answer.generated(took.prefill_ms, took.decode_ms, reused_tokens=self._generator.reused_tokens)

        return self._healing.generate(ask, question)
