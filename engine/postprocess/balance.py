"""Brackets and strings around the cursor: how much of a text leaves them as balanced as they were.

A text is judged by what it does to the code after it. Nothing may be unclosed, or closed too often, that was not so
without the text: if the editor has closed a bracket already, one more is too many; if not, the text may close it. What
the text opens, it closes, unless the code after the cursor does.
"""

from __future__ import annotations

import re
from functools import cached_property

from engine.document import Cursor
from engine.postprocess import lexer
from engine.postprocess.lexer import CLOSER_OF, events, open_at_end
from engine.text import indent_width

WINDOW_CHARS = 2000  # after the cursor
# Characters that may open or close something in some language.
MARKS = re.compile(r"[^\w\s.,=+:]|\n")
OPENER_OF = {")": "(", "]": "[", "}": "{"}
MANY = 1_000_000  # more brackets than are ever open
OWN = -1  # the index of all that the text itself opened

# ("open", index in the stack at the cursor, or OWN, or beyond the stack for what the code after it opens itself), or
# ("closed", offset after the cursor).
Trouble = tuple[str, int]


class Balance:
    """What is open at a cursor. Remembers what it has found out about the code after it."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor, self._language = cursor, cursor.language
        self._after = cursor.suffix[:WINDOW_CHARS]
        self._has_more = len(cursor.suffix) > WINDOW_CHARS
        self._known: dict[tuple[tuple[str, ...], int], tuple[frozenset[Trouble], frozenset[int]]] = {}

    @property
    def open_marks(self) -> tuple[str, ...]:
        """The marks of what is open at the cursor (brackets, quotes, comments), outermost first."""
        return self._at_cursor[0]

    @cached_property
    def _at_cursor(self) -> tuple[tuple[str, ...], int]:
        """The open marks, and how many of them were open before the cursor's line."""
        stack, outer = open_at_end(self._cursor.prefix, self._language)
        if len(self._cursor.prefix) > lexer.WINDOW_CHARS and (above := self._opened_far_above(stack)):
            return above + stack, outer + len(above)
        return stack, outer

    @cached_property
    def _before(self) -> tuple[frozenset[Trouble], frozenset[int]]:
        """What is wrong without any text, and the brackets that the window does not decide."""
        return self._find_troubles(self.open_marks, len(self.open_marks))

    def _opened_far_above(self, stack: tuple[str, ...]) -> tuple[str, ...]:
        """Return the brackets opened before the window that the code after the cursor closes.

        That of a body right below the cursor is not among them: the cursor's line has yet to open it.
        """
        line = self._cursor.line_before + self._after.partition("\n")[0]
        body_end = self._end_of_body(indent_width(line))
        found, _ = self._find_troubles(stack, len(stack))
        closers = [self._after[at] for kind, at in sorted(found) if kind == "closed" and at != body_end]
        return tuple(OPENER_OF[closer] for closer in reversed(closers) if closer in OPENER_OF)

    def _end_of_body(self, indent: int) -> int:
        """Return the offset of what ends a body below the cursor, on the first line not indented deeper; or -1."""
        at = self._after.find("\n") + 1
        while at > 0:
            end = self._after.find("\n", at)
            line = self._after[at : end if end >= 0 else len(self._after)]
            own = indent_width(line)
            if line.strip() and own <= indent:
                return at + own if own == indent else -1
            at = end + 1
        return -1

    @property
    def is_in_text(self) -> bool:
        """True if the cursor is in a string or a comment."""
        return bool(self.open_marks) and self.open_marks[-1] not in CLOSER_OF

    def longest_kept(self, text: str) -> int:
        """Return the end of the longest beginning of `text` that leaves all as balanced as it was."""
        if not MARKS.search(text):
            return len(text)  # most texts are a few words: they need no look
        best, stack, kept = 0, self.open_marks, len(self.open_marks)
        for event in events(text, self._language, self.open_marks):
            if self._keeps(stack, kept):
                best = event.start
            if event.fault:
                return best
            stack, kept = event.stack, min(kept, len(event.stack))
        return len(text) if self._keeps(stack, kept) else best

    def keeps(self, text: str) -> bool:
        """True if the whole `text` leaves all as balanced as it was."""
        return self.longest_kept(text) == len(text)

    def _keeps(self, stack: tuple[str, ...], kept: int) -> bool:
        """True for a text that leaves `stack` open, of which the first `kept` marks were open at the cursor."""
        line = self._after.partition("\n")[0]
        if any(own not in CLOSER_OF and own != self._language.line_comment and own not in line for own in stack[kept:]):
            return False  # a string that the text opens must end in the text, or on its line
        (found, left), (before, unknown) = self._find_troubles(stack, kept), self._before
        # What stays open beyond the window must stay open, whoever takes a nearer bracket: its own is further down.
        stays = {index for index in unknown if index < self._at_cursor[1]}
        return found <= before and stays <= left

    def _find_troubles(self, stack: tuple[str, ...], kept: int) -> tuple[frozenset[Trouble], frozenset[int]]:
        """Return what is wrong in the code after a text, and the brackets that the window does not decide."""
        if (stack, kept) not in self._known:
            self._known[stack, kept] = self._scan(stack, kept)
        return self._known[stack, kept]

    def _scan(self, stack: tuple[str, ...], kept: int) -> tuple[frozenset[Trouble], frozenset[int]]:
        owners = [*range(kept), *([OWN] * (len(stack) - kept))]
        found: set[Trouble] = set()
        now = stack
        for start, _, then, fault in events(self._after, self._language, stack):
            height = len(then)
            if fault and height == len(owners):
                found.add(("closed", start))
            elif fault:
                # A bracket leaves open what is inside of its pair; a line's end leaves its string open.
                inside = height if self._after[start] == "\n" else height + 1
                found |= {("open", owner) for owner in owners[inside:]}
            if height > len(owners):
                owners.append(MANY + start)
            else:
                del owners[height:]
            now = then
        if now and now[-1] == self._language.line_comment:
            owners.pop()  # the end of the file ends a comment too
        found |= {("open", owner) for owner in owners}
        return frozenset(found), frozenset(owners if self._has_more else ())
