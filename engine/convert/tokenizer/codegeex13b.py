"""CodeGeeX-13B: GPT-2's vocabulary, and tokens for runs of spaces.

The published code replaces runs of 10 to 2 spaces, the longest first, by the texts `<|extratoken_18|>` to
`<|extratoken_10|>` (ids 50274 to 50266), and back after decoding. Here these tokens *are* the spaces: `tokenizers`
searches for added tokens from the left, the longest first, which splits a run the same way, and decoding needs no
second step. One difference is intended: a text that spells `<|extratoken_12|>` or `<|endoftext|>` stays that text,
while the published code would turn the first into four spaces and end the document at the second.
"""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Tokenizer

from engine.convert.tokenizer.added import add_token, control_token
from engine.convert.tokenizer.bytelevel import read_vocabulary
from engine.convert.tokenizer.files import read_json
from engine.types import ModelError

END = "<|endoftext|>"
EXTRA_TOKENS = 143
FIRST_RUN = 10  # `<|extratoken_10|>` is two spaces
RUNS = range(2, 11)  # spaces


def read(folder: Path) -> Tokenizer:
    tokenizer = read_vocabulary(folder)
    size = tokenizer.get_vocab_size()
    added = read_json(folder / "added_tokens.json")
    if added != {f"<|extratoken_{n}|>": size - 1 + n for n in range(1, EXTRA_TOKENS + 1)}:
        raise ModelError(
            f"{folder / 'added_tokens.json'} is not CodeGeeX-13B's: it should name <|extratoken_1|> to "
            f"<|extratoken_{EXTRA_TOKENS}|>, with the ids {size} to {size + EXTRA_TOKENS - 1}"
        )
    if tokenizer.token_to_id(END) is None:
        raise ModelError(f"{folder / 'vocab.json'} lacks {END}; download it again")
    tokenizer.add_special_tokens([control_token(END)])
    runs = {FIRST_RUN + spaces - RUNS.start: " " * spaces for spaces in RUNS}
    for name, number in sorted(added.items(), key=lambda item: item[1]):
        spaces = runs.get(number - size + 1)
        add_token(tokenizer, number, AddedToken(spaces, normalized=False) if spaces else control_token(name))
    return tokenizer
