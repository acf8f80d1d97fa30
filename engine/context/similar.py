"""Similar code: windows of other texts that share rare identifiers with what stands around the cursor.

BM25's idea in its simplest form. Words near the cursor count most (0.7 a line of distance), and snippets are chosen
greedily by how much each adds to those already chosen: measured, both matter more than the formula of the score.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from engine.languages import language_of
from engine.types import CompletionRequest, Document, Snippet

WINDOW_LINES = 20
QUERY_LINES_ABOVE = 24
QUERY_LINES_BELOW = 5
DECAY_PER_LINE = 0.7
FLOOR_WEIGHT = 0.05  # of a word far above the cursor: less than near ones, more than nothing
CURSOR_LINE_WEIGHT = 2.0
SUFFIX_WEIGHT = 0.5
PART_WEIGHT = 0.5  # of camelCase and snake_case parts
MAX_CANDIDATES = 16
MAX_SNIPPETS = 8
MIN_SCORE = 1.0
VISIBLE_CHARS_ABOVE = 6_000  # of the current file: nearer text is in the prompt's prefix anyway
VISIBLE_CHARS_BELOW = 2_000
MAX_FAR_WINDOWS = 150  # on each side
MAX_CACHED_TEXTS = 64
MAX_CACHED_WINDOWS = 1_024  # of texts being edited, some 2 kB each
IDENTIFIER = re.compile(r"[^\W\d]\w+")
PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True)
class Window:
    path: str
    start_line: int
    end_line: int
    text: str
    words: frozenset[str]


def similar_code(request: CompletionRequest, others: Iterable[tuple[Document, str]]) -> tuple[Snippet, ...]:
    """Snippets of `others`, and of the far parts of the document itself, best first; at most `MAX_SNIPPETS`."""
    query = query_weights(request.document.text, request.offset)
    if not query:
        return ()
    reasons: dict[str, str] = {}
    windows: list[Window] = []
    for other, reason in others:
        reasons[other.path] = reason
        windows += _windows(other.path, other.language, other.text)
    windows += _far_windows(request)
    reasons[request.document.path] = "elsewhere in this file"
    spread = Counter(word for window in windows for word in window.words & query.keys())
    rarity = {word: math.log(1 + len(windows) / count) for word, count in spread.items()}
    scored = [(sum(query[w] * rarity[w] for w in window.words & query.keys()), window) for window in windows]
    best = sorted((pair for pair in scored if pair[0] >= MIN_SCORE), key=lambda pair: -pair[0])[:MAX_CANDIDATES]
    return tuple(
        Snippet(w.path, w.start_line, w.end_line, w.text, round(score, 2), f"similar code, {reasons[w.path]}")
        for score, w in _diverse(best)
    )


def query_weights(text: str, offset: int) -> dict[str, float]:
    """How much each identifier, and each part of one, around the cursor says about what comes next."""
    weights: dict[str, float] = {}
    above = text[max(0, offset - 4_000) : offset].split("\n")[-QUERY_LINES_ABOVE:]
    below = text[offset : offset + 1_000].split("\n")[1 : 1 + QUERY_LINES_BELOW]
    lines = [(line, max(FLOOR_WEIGHT, DECAY_PER_LINE**distance)) for distance, line in enumerate(reversed(above))]
    lines[0] = (lines[0][0], CURSOR_LINE_WEIGHT)
    lines += [(line, SUFFIX_WEIGHT * DECAY_PER_LINE**distance) for distance, line in enumerate(below)]
    for line, weight in lines:
        for word in IDENTIFIER.findall(line):
            weights[word] = max(weight, weights.get(word, 0.0))
            for part in _parts(word):
                weights[part] = max(weight * PART_WEIGHT, weights.get(part, 0.0))
    return weights


def _parts(word: str) -> list[str]:
    parts = [part.lower() for part in PART.findall(word) if len(part) > 2]  # noqa: PLR2004 - shorter ones say nothing
    return [part for part in parts if part != word] if len(parts) > 1 else []


def _far_windows(request: CompletionRequest) -> list[Window]:
    """Windows of the document itself that neither prefix nor suffix will show."""
    document, offset = request.document, request.offset
    text = document.text
    first_near = text.count("\n", 0, max(0, offset - VISIBLE_CHARS_ABOVE))
    last_near = text.count("\n", 0, offset + VISIBLE_CHARS_BELOW)
    lines = text.replace("\r\n", "\n").split("\n")
    comment = language_of(document.language, document.path).line_comment
    # Nearest first, and no further than a bound: a keystroke must not pay for a whole long file.
    starts = [*range(0, first_near - WINDOW_LINES + 1, WINDOW_LINES)][-MAX_FAR_WINDOWS:]
    starts += [*range(last_near + 1, len(lines), WINDOW_LINES)][:MAX_FAR_WINDOWS]
    made = (
        _window_of_edited(document.path, start, tuple(lines[start : start + WINDOW_LINES]), comment) for start in starts
    )
    return [window for window in made if window]


@lru_cache(maxsize=MAX_CACHED_TEXTS)
def _windows(path: str, language_id: str, text: str) -> tuple[Window, ...]:
    """The windows of a text that is not being edited: it stays the same from keystroke to keystroke."""
    comment = language_of(language_id, path).line_comment
    lines = text.replace("\r\n", "\n").split("\n")
    starts = range(0, len(lines), WINDOW_LINES)
    made = (_window(path, start, tuple(lines[start : start + WINDOW_LINES]), comment) for start in starts)
    return tuple(window for window in made if window)


def _window(path: str, start: int, lines: tuple[str, ...], comment: str) -> Window | None:
    body = "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith(comment))
    words = IDENTIFIER.findall(body)
    if len(words) < 2:  # noqa: PLR2004 - a lone word is no code to learn from
        return None
    parts = (part for word in words for part in _parts(word))
    return Window(path, start, start + len(lines), body, frozenset([*words, *parts]))


# Of the text being edited, which is another one with each key while most of its windows stay. The others' windows are
# remembered with their texts, and would only push these out.
_window_of_edited = lru_cache(maxsize=MAX_CACHED_WINDOWS)(_window)


def _diverse(best: list[tuple[float, Window]]) -> list[tuple[float, Window]]:
    """Greedy: each next window by its score times the share of its words that is not shown yet."""
    chosen: list[tuple[float, Window]] = []
    shown: set[str] = set()
    left = list(best)
    while left and len(chosen) < MAX_SNIPPETS:
        pick = max(left, key=lambda pair: pair[0] * len(pair[1].words - shown) / len(pair[1].words))
        left.remove(pick)
        if not pick[1].words - shown:
            continue
        chosen.append(pick)
        shown |= pick[1].words
    return chosen
