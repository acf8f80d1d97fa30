"""Perplexity of the model on files, and bits a character, which can be compared between tokenizers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from engine.completion.assemble import assemble
from engine.languages import Language
from engine.model.protocol import LanguageModel
from engine.prompt.templates import Contents, PromptEncoder
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
    """Return the perplexity on texts (path, language, text): on the end of each that fits into a prompt of
    `window_tokens`.

    Not a number if no text has `MIN_TOKENS`.
    """
    encoder = PromptEncoder(model.description, model.tokenizer)
    total = 0.0
    tokens = chars = 0
    for path, language, text in texts:
        contents = Contents(path, language, Mode.BLOCK, prefix=text, suffix="")
        prompt = assemble(encoder, contents, window_tokens)
        if prompt.prefix_tokens < MIN_TOKENS:
            continue
        # What the template adds after the prefix is not the file's; the first token cannot be predicted from anything.
        end = prompt.prefix_end
        start = max(1, end - prompt.prefix_tokens)
        scores = model.score(list(prompt.tokens[:end]))[start - 1 :]
        total -= sum(scores)
        tokens += len(scores)
        chars += len(model.tokenizer.decode(prompt.tokens[start:end]))
    if not tokens:
        return Perplexity(math.nan, math.nan, 0)
    return Perplexity(math.exp(total / tokens), total / math.log(2) / max(1, chars), tokens)
