"""The tokenizer of a model whose tokenizer nobody knows: text in pieces about as long as its tokens are.

Budgets are counted in them. They are rather too short than too long: a prompt that is estimated to fit does. A piece's
id holds its text, so nothing is kept; ids below 0 are the marks between the texts of a prompt, which no text becomes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

PIECE = re.compile(r"\n|[^\S\n]?[A-Za-z]{1,6}|[^\S\n]{1,8}|\d{1,3}|[!-/:-@\[-`{-~]{1,2}|.", re.DOTALL)


class PieceTokenizer:
    """`marks`: what stands between the texts of a prompt."""

    def __init__(self, marks: Sequence[str]) -> None:
        self.marks = tuple(marks)

    def encode(self, text: str) -> list[int]:
        return [packed(piece) for piece in PIECE.findall(whole(text))]

    def control(self, token: str) -> list[int]:
        return [-1 - self.marks.index(token)] if token in self.marks else self.encode(token)

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(_text(token) for token in tokens if token >= 0)


def whole(text: str) -> str:
    """Without half characters, as an editor or a server may send them: those are no text to anybody else."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def marked(tokens: Sequence[int], marks: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(mark, text behind it) of a prompt; the first mark is "" where it begins with a text."""
    mark, texts = "", list[str]()
    for token in tokens:
        if token < 0:
            if mark or texts:
                yield mark, "".join(texts)
            mark, texts = marks[-1 - token], []
        else:
            texts.append(_text(token))
    yield mark, "".join(texts)


def packed(piece: str) -> int:
    """The id of a piece, of whatever length."""
    return int.from_bytes(b"\1" + piece.encode(), "big")


def _text(token: int) -> str:
    return token.to_bytes((token.bit_length() + 7) // 8, "big")[1:].decode()
