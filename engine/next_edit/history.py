"""What the user changed lately, derived from the texts as they were and are.

Texts are compared, not events replayed: whatever happened between two looks, the hunks fit the text as it is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from difflib import SequenceMatcher

from engine.context.source import changed_lines
from engine.next_edit.tokens import common_ends
from engine.next_edit.values import Hunk, Trail

MAX_HUNKS = 60  # of all files; the oldest are forgotten
MAX_CHANGED_LINES = 400  # of one look; more come from a formatter, a branch switch, or a replacement in the whole file
MAX_HUNK_LINES = 400
MAX_TAKEN_BACK = 30
MAX_FILES = 40
MIN_TAKEN_BACK_CHARS = 2


class EditHistory:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}  # the last texts that were looked at, the last looked at last
        self._hunks: dict[str, list[Hunk]] = {}  # by path, in the order in which they stand
        self._taken_back: deque[str] = deque(maxlen=MAX_TAKEN_BACK)
        self._number = 0

    def observe(self, path: str, text: str) -> bool:
        """Take the current text of a file; True if it differs from the last one."""
        lines = text.split("\n")
        old = self._lines.pop(path, None)
        self._lines[path] = lines
        if old is None:
            while len(self._lines) > MAX_FILES:
                self.forget(next(iter(self._lines)))
            return False
        if old == lines:
            return False
        self._number += 1
        stretch = changed_lines(old, lines)
        if max(stretch.old_end, stretch.new_end) - stretch.start > MAX_CHANGED_LINES:
            self._hunks.pop(path, None)
            return True
        for start, old_end, new_start, new_end in reversed(_changes(old, lines, *stretch)):
            self._change(path, start, old_end, lines[new_start:new_end], old)
        self._limit()
        return True

    def observe_new(self, path: str, text: str) -> None:
        """Take the text of a file that the user has just created: all of it is a change."""
        self._lines.setdefault(path, [""])
        self.observe(path, text)

    def forget(self, path: str) -> None:
        """Forget a file: it was closed, deleted, or changed from outside."""
        self._lines.pop(path, None)
        self._hunks.pop(path, None)

    def clear(self) -> None:
        """Forget all changes, but not the texts."""
        self._hunks.clear()
        self._taken_back.clear()

    def trail(self) -> Trail:
        hunks = sorted((hunk for hunks in self._hunks.values() for hunk in hunks), key=lambda hunk: hunk.number)
        return Trail(tuple(hunks), tuple(self._taken_back))

    def _change(self, path: str, start: int, end: int, new: list[str], old: list[str]) -> None:
        """Lines `start` to `end` of `old` become `new`: join this with the hunks that it touches, move those below."""
        touched: list[Hunk] = []
        above: list[Hunk] = []
        below: list[Hunk] = []
        for hunk in self._hunks.get(path, []):
            meets = hunk.line < end and start < hunk.end  # an empty range meets what it lies within
            at_seam = hunk.line == hunk.end and start <= hunk.line <= end and start < end
            goes_on = start == end == hunk.end and hunk.number == self._number - 1  # a line typed below the last one
            (touched if meets or at_seam or goes_on else above if hunk.end <= start else below).append(hunk)
        first = min([start, *(hunk.line for hunk in touched)])
        last = max([end, *(hunk.end for hunk in touched)])
        before, at = [], first
        for hunk in touched:
            before += [*old[at : hunk.line], *hunk.before]
            at = max(at, hunk.end)
        before += old[at:last]
        after = [*old[first:start], *new, *old[end:last]]
        self._note_taken_back(old[start:end], new, touched)
        grown = len(new) - (end - start)
        moved = [replace(hunk, line=hunk.line + grown) for hunk in below]
        self._hunks[path] = [*above, *_trimmed(Hunk(path, first, tuple(before), tuple(after), self._number)), *moved]

    def _note_taken_back(self, removed: list[str], new: list[str], touched: list[Hunk]) -> None:
        """Remember what the user took out of lines that they had changed before."""
        if not touched:
            return
        gone = "\n".join(removed)
        kept = "\n".join(new)
        head, tail = common_ends(gone, kept)
        text = gone[head : len(gone) - tail].strip()
        if len(text) >= MIN_TAKEN_BACK_CHARS:
            self._taken_back.append(text)

    def _limit(self) -> None:
        every = sorted((hunk for hunks in self._hunks.values() for hunk in hunks), key=lambda hunk: hunk.number)
        for hunk in every[: max(0, len(every) - MAX_HUNKS)]:
            self._hunks[hunk.path].remove(hunk)


def _changes(old: list[str], new: list[str], start: int, old_end: int, new_end: int) -> list[tuple[int, int, int, int]]:
    """Return what differs within a stretch, as (start, end, new start, new end) in the order of the lines."""
    first, second = old[start:old_end], new[start:new_end]
    if len(first) <= 1 or len(second) <= 1:
        return [(start, old_end, start, new_end)]
    codes = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    return [(start + a, start + b, start + c, start + d) for tag, a, b, c, d in codes if tag != "equal"]


def _trimmed(hunk: Hunk) -> list[Hunk]:
    """Return the hunk without lines that are what they were; nothing if it all was taken back, or is too long."""
    head, tail = common_ends(hunk.before, hunk.after)
    before = hunk.before[head : len(hunk.before) - tail]
    after = hunk.after[head : len(hunk.after) - tail]
    if not (before or after) or max(len(before), len(after)) > MAX_HUNK_LINES:
        return []
    return [replace(hunk, line=hunk.line + head, before=before, after=after)]
