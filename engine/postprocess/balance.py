"""Brackets and strings around the cursor: what of a text leaves them as whole as they were.

A text is measured by what it does to the code behind it. Nothing may be open or closed too often that was not so
before: where the editor has closed a bracket already, one more is too many; where it has not, the text may close it.
What the text opens, it closes, unless the code behind the cursor does.
"""

from __future__ import annotations

from engine.languages import Language
from engine.postprocess import lexer
from engine.postprocess.lexer import CLOSER_OF, events, open_at_end

WINDOW_CHARS = 3000  # behind the cursor
OPENER_OF = {")": "(", "]": "[", "}": "{"}
OWN = -1  # whatever the text itself opened

# ("open", index in the stack at the cursor, or OWN, or beyond the stack for what the code behind opens itself), or
# ("closed", offset behind the cursor).
Trouble = tuple[str, int]


class Balance:
    """What is open at a cursor. Remembers what it has found out about the code behind it."""

    def __init__(self, prefix: str, suffix: str, language: Language) -> None:
        self._language = language
        self._behind = suffix[:WINDOW_CHARS]
        self._goes_on = len(suffix) > WINDOW_CHARS
        self.open, self._outer = open_at_end(prefix, language)
        self._found: dict[tuple[tuple[str, ...], int], bool] = {}
        self._before, self._unknown = self._troubles(self.open, len(self.open))
        if len(prefix) > lexer.WINDOW_CHARS and (above := self._opened_far_above(prefix)):
            self.open, self._outer = above + self.open, self._outer + len(above)
            self._before, self._unknown = self._troubles(self.open, len(self.open))

    def _opened_far_above(self, prefix: str) -> tuple[str, ...]:
        """The brackets before the window that the code behind closes.

        Not those of a body that stands right below the cursor: these the cursor's line has yet to open.
        """
        line = prefix[prefix.rfind("\n") + 1 :] + self._behind.partition("\n")[0]
        body_end = self._end_of_body(len(line) - len(line.lstrip()))
        closers = [self._behind[at] for kind, at in sorted(self._before) if kind == "closed" and at != body_end]
        return tuple(OPENER_OF[closer] for closer in reversed(closers))

    def _end_of_body(self, indent: int) -> int:
        """The offset of the first sign below the cursor that is indented by no more than `indent`, or -1."""
        at = self._behind.find("\n") + 1
        while at > 0:
            end = self._behind.find("\n", at)
            line = self._behind[at : end if end >= 0 else len(self._behind)]
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                return at + len(line) - len(line.lstrip())
            at = end + 1
        return -1

    @property
    def in_text(self) -> bool:
        """Whether the cursor stands in a string or a comment."""
        return bool(self.open) and self.open[-1] not in CLOSER_OF

    def longest(self, text: str) -> int:
        """The end of the longest beginning of `text` that leaves all as whole as it was."""
        best, stack, kept = 0, self.open, len(self.open)
        for event in events(text, self._language, self.open):
            if self._holds(stack, kept):
                best = event.start
            if event.fault:
                return best
            stack, kept = event.stack, min(kept, len(event.stack))
        return len(text) if self._holds(stack, kept) else best

    def holds(self, text: str) -> bool:
        """Whether all of `text` leaves all as whole as it was."""
        return self.longest(text) == len(text)

    def _holds(self, stack: tuple[str, ...], kept: int) -> bool:
        """`stack`: what is open behind a text, of which the first `kept` were so at the cursor."""
        if (stack, kept) not in self._found:
            found, left = self._troubles(stack, kept)
            # What stays open beyond the window must stay so, whoever takes a nearer bracket: its own is further down.
            stays = {index for index in self._unknown if index < self._outer}
            self._found[stack, kept] = found <= self._before and stays <= left
        return self._found[stack, kept]

    def _troubles(self, stack: tuple[str, ...], kept: int) -> tuple[frozenset[Trouble], frozenset[int]]:
        """What is wrong in the code behind a text, and the brackets of which the window does not tell."""
        owners = [*range(kept), *([OWN] * (len(stack) - kept))]
        found: set[Trouble] = set()
        now = stack
        for event in events(self._behind, self._language, stack):
            popped = owners[len(event.stack) :]
            if event.fault and not popped:
                found.add(("closed", event.start))
            elif event.fault:
                # A bracket leaves open what stands inside of its pair; a line's end leaves its string open.
                found |= {("open", owner) for owner in (popped if self._behind[event.start] == "\n" else popped[1:])}
            del owners[len(event.stack) :]
            owners += [len(self.open) + 1 + event.start] * (len(event.stack) - len(owners))
            now = event.stack
        if now and now[-1] == self._language.line_comment:
            owners.pop()  # the end of the file ends a comment too
        found |= {("open", owner) for owner in owners}
        return frozenset(found), frozenset(owners if self._goes_on else ())
