"""Words of code: identifiers, their parts, and the weights of the words around a cursor."""

from __future__ import annotations

import math
import re
from collections import defaultdict

WORD = re.compile(r"[^\W\d]\w*|\d+")
IDENTIFIER = re.compile(r"[^\W\d][\w$]*|\$[\w$]+")
PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\dA-Za-z_]+")
HAN_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2,}")  # Chinese and Japanese, which put no blank between words
MAX_WORD_CHARS = 64  # longer words are not names that users write
MAX_REMEMBERED_WORDS = 50_000

QUERY_LINES_ABOVE = 10
QUERY_LINES_BELOW = 5
MAX_QUERY_LINE_CHARS = 400  # of the end nearest to the cursor
CURSOR_LINE_WEIGHT = 2.0
DECAY_ABOVE = 0.7
WEIGHT_BELOW = 0.6
DECAY_BELOW = 0.6
PART_WEIGHT = 0.5  # of camelCase and snake_case parts
KEYWORD_WEIGHT = 0.2


class _Terms(dict[str, str]):
    """A cache of the terms of words, with blanks between: there are far fewer words than occurrences."""

    def __missing__(self, word: str) -> str:
        if len(self) > MAX_REMEMBERED_WORDS:
            self.clear()
        parts = PART.findall(word) if len(word) <= MAX_WORD_CHARS else []
        found = [word[:MAX_WORD_CHARS], *parts] if len(parts) > 1 else [word]
        if not word.isascii():
            found += [pair for pair in pairs_of(word[:MAX_WORD_CHARS]) if pair not in found]
        terms = self[word] = " ".join(found).lower()
        return terms


_TERMS = _Terms()


def pairs_of(word: str) -> list[str]:
    """Return each two neighbouring characters of Chinese: most words have two, and nothing marks their beginning."""
    return [run[at : at + 2] for run in HAN_RUN.findall(word) for at in range(len(run) - 1)]


def terms_of(word: str) -> str:
    """Return the word in lower case, then the parts of a compound and the pairs of Chinese, with blanks between."""
    return _TERMS[word]


def terms_of_text(text: str) -> str:
    """Return all terms of a text in order, with repetitions and with blanks between, as an index counts them."""
    return " ".join(map(_TERMS.__getitem__, WORD.findall(text)))


def query_terms(prefix: str, suffix: str, keywords: frozenset[str]) -> dict[str, float]:
    """Return the weights of the terms around the cursor: its line counts double, each line above 0.7 of the next."""
    weights: dict[str, float] = defaultdict(float)

    def add(line: str, weight: float) -> None:
        for word in WORD.findall(line):
            whole, *parts = _TERMS[word].split(" ")
            factor = weight * (KEYWORD_WEIGHT if word in keywords else 1.0)
            weights[whole] += factor
            for part in parts:
                weights[part] += factor * PART_WEIGHT

    above = prefix[-(QUERY_LINES_ABOVE * 4) * MAX_QUERY_LINE_CHARS :].split("\n")
    add(above.pop()[-MAX_QUERY_LINE_CHARS:], CURSOR_LINE_WEIGHT)
    written = [line for line in reversed(above) if line.strip()][:QUERY_LINES_ABOVE]
    for distance, line in enumerate(written, start=1):
        add(line[:MAX_QUERY_LINE_CHARS], DECAY_ABOVE**distance)
    below = suffix[: QUERY_LINES_BELOW * 4 * MAX_QUERY_LINE_CHARS].split("\n")
    for distance, line in enumerate([line for line in below if line.strip()][:QUERY_LINES_BELOW]):
        add(line[:MAX_QUERY_LINE_CHARS], WEIGHT_BELOW * DECAY_BELOW**distance)
    return dict(weights)


def inverse_frequency(count: int, total: int) -> float:
    """Return the inverse frequency of a term in `count` of `total` chunks, as in BM25."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))
