"""Tokens of code, whatever the language: words, numbers, single other characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

TOKEN = re.compile(r"[^\W\d][\w$]*|\$[\w$]*|\d[\w.]*|[^\w\s]")
IDENTIFIER = re.compile(r"[^\W\d][\w$]*|\$[\w$]+")
MAX_DIFF_TOKENS = 600  # of one side; longer changes are not compared token by token


class Token(NamedTuple):
    """`start` and `end` are offsets in the text that it was found in."""

    text: str
    start: int
    end: int


class Operation(NamedTuple):
    """Tokens `start` to `end` of the old text become tokens `new_start` to `new_end` of the new one."""

    start: int
    end: int
    new_start: int
    new_end: int


def tokenize(text: str) -> list[Token]:
    return [Token(found.group(), found.start(), found.end()) for found in TOKEN.finditer(text)]


def words_of(text: str) -> list[str]:
    """Return the texts of the tokens."""
    return TOKEN.findall(text)


def is_identifier(token: str) -> bool:
    return IDENTIFIER.fullmatch(token) is not None


def is_name_or_number(token: str) -> bool:
    return token[0].isalnum() or token[0] in "_$"


def difference(old: Sequence[str], new: Sequence[str]) -> list[Operation]:
    """Return the operations that turn one list of tokens into another; none if either is too long to compare."""
    if max(len(old), len(new)) > MAX_DIFF_TOKENS:
        return []
    head, tail = common_ends(old, new)
    inner = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    return [
        Operation(start + head, end + head, new_start + head, new_end + head)
        for tag, start, end, new_start, new_end in inner.get_opcodes()
        if tag != "equal"
    ]


def common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return the lengths of the common beginning and of the common end, which do not overlap."""
    most = min(len(old), len(new))
    head = next((at for at in range(most) if old[at] != new[at]), most)
    most -= head
    tail = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)
    return head, tail


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def word_pattern(word: str) -> re.Pattern[str]:
    """Return an expression that finds a word where no larger word holds it."""
    return re.compile(rf"(?<![\w$]){re.escape(word)}(?![\w$])")
