"""What a model may tokenize otherwise before the cursor: a word, a symbol, the blank that the next word begins with.

Most tokenizers join a blank with the word after it, and leave the last one of an indentation to it: four spaces and
`return` are "   " and " return". With the cursor after the four spaces, the prompt would end in a token that the model
has never read before a word. Which texts are joined is for the tokenizer to say: it is asked about words that could
follow, and the end of the text is taken back without which its tokens are the same before most of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.model.protocol import Tokenizer
from engine.types import Prompt

MAX_WORD_TOKENS = 4  # of a word before the cursor that the model may tokenize differently
MAX_BLANKS = 2  # that are taken back
LOOKED_AT_TOKENS = 8  # before the cursor, of which tokens may change with what follows
LAST_WORD = re.compile(r"\w+$")
NEXT_TEXTS = ("return", "x", "self.", "1", "(", '"')  # that may follow a blank
NEXT_LINES = ("    return x", "        x")  # and a line end, besides


@dataclass(frozen=True)
class HealedSpan:
    """The tokens `start` to `end` of a prompt, and those that stay in their place; None: all of them are taken out."""

    start: int = 0
    end: int = 0
    kept: tuple[int, ...] | None = None

    @property
    def is_blank(self) -> bool:
        """True if only the blank before the cursor is taken out."""
        return self.kept is not None

    def without_blank(self, prompt: Prompt, tokenizer: Tokenizer) -> tuple[Prompt, str]:
        """Return the prompt without the blank, and the blank."""
        kept = self.kept or ()
        blank = tokenizer.decode(prompt.tokens[self.start : self.end]).removeprefix(tokenizer.decode(kept))
        tokens = (*prompt.tokens[: self.start], *kept, *prompt.tokens[self.end :])
        stable = min(prompt.stable_tokens, self.start)
        return replace(prompt, tokens=tokens, prefix_end=self.start + len(kept), stable_tokens=stable), blank


def find_healed_span(prompt: Prompt, line: str, tokenizer: Tokenizer, *, heals_blanks: bool) -> HealedSpan:
    """Return what is taken out of the prompt before the cursor. `line` is the cursor's, up to the cursor.

    `heals_blanks` is False for a model that was trained on texts cut anywhere.
    """
    end = prompt.prefix_end
    if prompt.prefix_tokens <= MAX_WORD_TOKENS:
        return HealedSpan()
    if heals_blanks and not line[-1:].strip():
        return _blank_before(prompt.tokens[:end], min(prompt.prefix_tokens, LOOKED_AT_TOKENS), tokenizer)
    if not line.strip():
        return HealedSpan()
    word = LAST_WORD.search(line)
    for start in range(end - 1, end - 1 - MAX_WORD_TOKENS, -1):
        if word is None or len(tokenizer.decode(prompt.tokens[start:end])) >= len(word[0]):
            return HealedSpan(start, end)
    return HealedSpan(end - 1, end)


def _blank_before(tokens: Sequence[int], count: int, tokenizer: Tokenizer) -> HealedSpan:
    """Return the span of the blank that ends the text of `tokens`, if what follows may be joined with it."""
    end = len(tokens)
    for start in range(end - 1, end - 1 - count, -1):
        text = tokenizer.decode(tokens[start:end])
        if text.strip() and tokenizer.encode(text) == list(tokens[start:end]):
            break
    else:
        return HealedSpan()
    followed = [tokenizer.encode(text + more) for more in NEXT_TEXTS + NEXT_LINES * text.endswith("\n")]
    limit = min(MAX_BLANKS, len(text) - len(text.rstrip()))
    shorter = [tokenizer.encode(text[: len(text) - blanks]) for blanks in range(limit + 1)]
    kept = max(shorter, key=lambda tokens: sum(each[: len(tokens)] == tokens for each in followed))
    if kept == shorter[0]:
        return HealedSpan()
    same = next((at for at, pair in enumerate(zip(kept, tokens[start:end], strict=False)) if pair[0] != pair[1]), None)
    same = min(len(kept), end - start) if same is None else same
    return HealedSpan(start + same, end, tuple(kept[same:]))
