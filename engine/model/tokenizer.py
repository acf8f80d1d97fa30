"""The tokenizer of a model folder, from its `tokenizer.json`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.text import HALF_A_CHARACTER
from engine.types import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_PENDING_BYTES = 3  # of a character of UTF-8 whose last byte has not come yet


class FolderTokenizer:
    """Implements `engine.model.protocol.Tokenizer`. Raises `ModelError` if the file cannot be read."""

    def __init__(self, folder: Path) -> None:
        import tokenizers

        try:
            self._tokenizer: Tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as fault:  # tokenizers raises bare Exception
            raise ModelError(f"{folder / 'tokenizer.json'} cannot be read: {fault}") from fault
        # Control tokens spelled inside user text must not become control tokens.
        self._tokenizer.encode_special_tokens = True

    @property
    def size(self) -> int:
        """The number of tokens."""
        return int(self._tokenizer.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        # A lone surrogate (half an emoji, as an editor may send it) is not valid text for the tokenizer.
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return list(self._tokenizer.encode(whole, add_special_tokens=False).ids)

    def control(self, token: str) -> list[int]:
        known = self._tokenizer.token_to_id(token)
        return self.encode(token) if known is None else [known]

    def decode(self, tokens: Sequence[int]) -> str:
        ids = list(tokens)
        # If a tokenizer falls back to bytes, an unfinished character turns the whole run of bytes before it into
        # U+FFFD: the finished ones are decoded without it.
        for pending in range(min(MAX_PENDING_BYTES, len(ids)) + 1):
            text = str(self._tokenizer.decode(ids[: len(ids) - pending], skip_special_tokens=True))
            if not text.endswith(HALF_A_CHARACTER):
                return text + HALF_A_CHARACTER * bool(pending)
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))
