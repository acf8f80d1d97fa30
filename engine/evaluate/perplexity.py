"""Perplexity of the model on files, and bits a character, which compare across tokenizers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from engine.languages import Language
from engine.model.protocol import LanguageModel
from engine.prompt.assemble import assemble
from engine.types import Mode

MIN_TOKENS = 16


class ScoringModel(LanguageModel, Protocol):
    def score(self, tokens: list[int]) -> list[float]: ...


@dataclass(frozen=True)
class Perplexity:
    per_token: float
    bits_per_char: float
    tokens: int


def perplexity(model: ScoringModel, texts: Iterable[tuple[str, Language, str]], window_tokens: int) -> Perplexity:
    """Of (path, language, text): the end of each text that fits into a prompt of `window_tokens`, as its prefix."""
    total = 0.0
    tokens = chars = 0
    for path, language, text in texts:
        prompt = assemble(model.description, model.tokenizer, language, Mode.BLOCK, path, text, "", (), window_tokens)
        if prompt.prefix_tokens < MIN_TOKENS:
            continue
        # The template closes with a few control tokens behind the prefix: they are not the file's.
        closing = len(prompt.tokens) - _prefix_end(model, prompt.tokens)
        scores = model.score(list(prompt.tokens))
        scores = scores[: len(scores) - closing][-prompt.prefix_tokens :]
        total -= sum(scores)
        tokens += len(scores)
        chars += len(model.tokenizer.decode(prompt.tokens[-closing - len(scores) : len(prompt.tokens) - closing]))
    if not tokens:
        return Perplexity(math.nan, math.nan, 0)
    return Perplexity(math.exp(total / tokens), total / math.log(2) / max(1, chars), tokens)


def _prefix_end(model: LanguageModel, tokens: tuple[int, ...]) -> int:
    middle = model.tokenizer.control("<|code_middle|>")
    return len(tokens) - tokens[::-1].index(middle[0]) - 1 if len(middle) == 1 and middle[0] in tokens else len(tokens)
