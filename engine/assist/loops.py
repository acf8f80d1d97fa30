"""Answers that go in circles: small models, and greedy ones, say the same again until the limit is reached."""

from __future__ import annotations

import re

MAX_BLOCK_CHARS = 600  # of what is repeated
TIMES, SURE_TIMES = 4, 8  # in prose, and in code, where four equal short lines may be right
SHORT_CHARS = 15  # a block that is shorter is repeated for a longer stretch
LONG_CHARS = 60  # a block that is longer is not repeated in code either
LEAST_CHARS = 60
LEAST_SHORT_CHARS = 120
LEAST_CODE_CHARS = 200
LEAST_MARK_CHARS = 400  # of rulers, tables and lists of numbers
BORDERS = (re.compile(r"(?<=\n)"), re.compile(r"(?<=[.!?] )|(?<=[。！？])"), re.compile(r"(?<= )"))
STEP_CHARS = 8  # between two looks


class LoopFinder:
    """Looks at one answer as it grows. Code that the answer is about may be repetitive itself: `source`."""

    def __init__(self, source: str = "", *, is_code: bool = False) -> None:
        self._source, self._is_code = source, is_code
        self._looked_at = 0

    def find(self, text: str) -> int | None:
        """Return how much of the text to keep, one repetition, once it goes in circles; else None."""
        for end in range(self._looked_at + STEP_CHARS, len(text) + 1, STEP_CHARS):
            self._looked_at = end
            for length in range(1, min(MAX_BLOCK_CHARS, end // TIMES) + 1):
                if text[end - 1] == text[end - 1 - length] and (start := self._loop(text, end, length)) is not None:
                    return start + length
        return None

    def _loop(self, text: str, end: int, length: int) -> int | None:
        """Return where a loop of blocks of this length begins that ends at `end`; None if there is none."""
        block = text[end - length : end]
        if not text.endswith(block, 0, end - length):
            return None
        run = self._least_run(block)
        if run > end or text[end - run : end - length] != text[end - run + length : end]:
            return None
        if self._source and text[end - run : end] in self._source:
            return None
        start = end - run
        while start and text[start - 1] == text[start - 1 + length]:
            start -= 1
        # What is kept ends where a line, a sentence or a word does.
        found = (border.search(text, start, start + length) for border in BORDERS)
        return next((each.start() for each in found if each), start)

    def _least_run(self, block: str) -> int:
        """Return how many characters a loop of such blocks has at least."""
        length = len(block)
        if not any(character.isalpha() for character in block):
            return max(TIMES * length, LEAST_MARK_CHARS)
        if self._is_code:
            return max((TIMES if length >= LONG_CHARS else SURE_TIMES) * length, LEAST_CODE_CHARS)
        return max(TIMES * length, LEAST_CHARS if length >= SHORT_CHARS else LEAST_SHORT_CHARS)
