"""What llama.vscode decides without its server: the answers of its cache, the chunks in its ring, what it shows."""

from __future__ import annotations

import random
from collections import OrderedDict

CACHED_ANSWERS = 250
RING_CHUNKS, QUEUED_CHUNKS, CHUNK_LINES = 16, 16, 64
MIN_CHUNK_LINES, ALIKE = 3, 0.9
Chunk = tuple[str, tuple[str, ...]]  # path and lines


class AnswerCache:
    """Answers by (lines above, text after the cursor, line up to the cursor); the least used one is dropped first."""

    def __init__(self, capacity: int = CACHED_ANSWERS) -> None:
        self._capacity, self._answers = capacity, OrderedDict[tuple[str, str, str], str]()

    def __contains__(self, key: tuple[str, str, str]) -> bool:
        return key in self._answers

    def put(self, key: tuple[str, str, str], answer: str) -> None:
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > self._capacity:
            self._answers.popitem(last=False)

    def find(self, above: str, below: str, line: str) -> str | None:
        """Return the answer, or the rest of an earlier one in this line of which the beginning was typed."""
        for end in range(len(line), -1, -1):
            key = (above, below, line[:end])
            answer = self._answers.get(key)
            if answer is not None and (end == len(line) or (answer and answer.startswith(line[end:]))):
                self._answers.move_to_end(key)
                return answer[len(line) - end :]
        return None


class Ring:
    """Chunks of other places: queued when picked, sent to the server one by one."""

    def __init__(self, rng: random.Random) -> None:
        self.chunks: list[Chunk] = []
        self._queued: list[Chunk] = []
        self._rng = rng

    def pick(self, path: str, lines: list[str], *, evict: bool) -> None:
        if len(lines) < MIN_CHUNK_LINES:
            return
        if len(lines) + 1 >= CHUNK_LINES:
            start = self._rng.randrange(max(1, len(lines) - CHUNK_LINES // 2 + 1))
            lines = lines[start : start + CHUNK_LINES // 2]
        chunk: Chunk = (path, tuple(lines))
        if evict:
            if any(chunk[1] == other for _, other in self.chunks + self._queued):
                return
            self.chunks = [each for each in self.chunks if likeness(each[1], chunk[1]) <= ALIKE]
            self._queued = [each for each in self._queued if likeness(each[1], chunk[1]) <= ALIKE]
        self._queued = [*self._queued[-QUEUED_CHUNKS + 1 :], chunk]

    def take_one(self) -> bool:
        """Move a chunk from the queue to those that are shown. Return whether there was one."""
        if self._queued:
            self.chunks = [*self.chunks, self._queued.pop(0)][-RING_CHUNKS:]
            return True
        return False


def likeness(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    return len({*a} & {*b}) / max(1, len({*a} | {*b}))


def discards(lines: list[str], document: list[str], row: int, line_prefix: str, line_suffix: str) -> bool:
    """Return whether the extension shows nothing, since the suggestion is blank or repeats what follows."""
    if not lines or (len(lines) == 1 and not lines[0].strip()):
        return True
    if row == len(document) - 1:
        return False
    repeats = lines[1:] == document[row + 1 : row + len(lines)]
    if len(lines) > 1 and lines[0].strip() in ("", line_suffix.strip()) and repeats:
        return True
    if len(lines) == 1 and lines[0] == line_suffix:
        return True
    filled = next((number for number in range(row + 1, len(document)) if document[number].strip()), None)
    if filled is None or line_prefix + lines[0] != document[filled]:
        return False
    following = document[filled + 1 : filled + len(lines)]
    return len(lines) == 1 or (len(lines) == 2 and "".join(following).startswith(lines[1])) or lines[1:] == following


def fitted(lines: list[str], line_suffix: str) -> str:
    """Return the suggestion, cut if text follows the cursor on its line."""
    if line_suffix.strip():
        if lines[0].endswith(line_suffix):
            return lines[0].removesuffix(line_suffix)
        return lines[0]
    return "\n".join(lines)


def without_blank_end(text: str) -> list[str]:
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
