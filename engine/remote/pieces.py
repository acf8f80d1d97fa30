"""A tokenizer for models whose own tokenizer is unknown: text in pieces about as long as tokens are.

Budgets are counted in pieces. They tend to be shorter than tokens, so that a prompt that is estimated to fit does fit.
A piece's id encodes its text, so nothing is stored; ids below 0 are the marks between the texts of a prompt, which no
text becomes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

PIECE = re.compile(r"\n|[^\S\n]?[A-Za-z]{1,6}|[^\S\n]{1,8}|\d{1,3}|[!-/:-@\[-`{-~]{1,2}|.", re.DOTALL)


class PieceTokenizer:
    """`marks` are what separates the texts of a prompt."""

    def __init__(self, marks: Sequence[str]) -> None:
        self.marks = tuple(marks)

    def encode(self, text: str) -> list[int]:
        return [pack_piece(piece) for piece in PIECE.findall(replace_half_characters(text))]

    def control(self, token: str) -> list[int]:
        return [-1 - self.marks.index(token)] if token in self.marks else self.encode(token)

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(_text(token) for token in tokens if token >= 0)


def replace_half_characters(text: str) -> str:
    """Return the text without unpaired surrogates, which an editor or a server may send and nobody else accepts."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def split_by_marks(tokens: Sequence[int], marks: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs (mark, text after it) of a prompt. The first mark is "" if the prompt begins with a text."""
    mark, texts = "", list[str]()
    for token in tokens:
        if token < 0:
            if mark or texts:
                yield mark, "".join(texts)
            mark, texts = marks[-1 - token], []
        else:
            texts.append(_text(token))
    yield mark, "".join(texts)


def pack_piece(piece: str) -> int:
    """Return the id of a piece of any length."""
    return int.from_bytes(b"\1" + piece.encode(), "big")


def _text(token: int) -> str:
    return token.to_bytes((token.bit_length() + 7) // 8, "big")[1:].decode()
