"""The keystrokes that turn one text into another, with pauses between them, as an editor receives them.

Hunks are made from top to bottom. New text is typed sign by sign; the editor indents after Enter, closes brackets and
quotes (and lets them be typed over), and a line in which little changes is edited where it differs. There are slips,
mended with Backspace. What is long is pasted. Pauses: log-normal around 140 ms within words, longer where a word, a
line or a hunk begins, never above one second. Everything hangs on the seed alone.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

KEY_S, SPREAD, MIN_PAUSE_S, MAX_PAUSE_S = 0.14, 0.35, 0.05, 1.0
WORD, ENTER, LINE, JUMP = 1.4, 1.8, 4.0, 6.0  # how much longer the pause before it is
SLIPS = 0.015  # of letters
TYPED_LINES, PASTED_LINES = 12, 60  # of a hunk at most; what has more lines is no typing, and is put there in one go
EDITED_WITHIN = 0.5  # a line is changed where it differs if it is this much like the old one
BACKSPACES = 15  # more signs than that are selected and deleted
CLOSING = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}
CLOSES_BEFORE = " \t\n)]};,"  # the editor closes a bracket only before these


@dataclass(frozen=True)
class Stroke:
    """Replaces `start` to `end` of the text by `text` and leaves the cursor at `cursor`: offsets in code points.

    `asks`: the editor asks for a suggestion afterwards, as it does when something was typed or deleted.
    """

    pause_s: float
    start: int
    end: int
    text: str
    cursor: int
    asks: bool = True

    def apply(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]


def strokes(before: str, after: str, rng: random.Random, *, opens_with_colon: bool = False) -> list[Stroke]:
    """Return strokes that turn `before` into `after`. `opens_with_colon`: the editor indents after a colon."""
    old, new = before.split("\n"), after.split("\n")
    hands = Hands(before, indent_unit(after), rng, "([{:" if opens_with_colon else "([{")
    done = 0  # lines of the new text that are there already
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if kind != "equal":
            hands.change(old[from_old:to_old], new[from_new:to_new], from_new)
        done = to_new
        hands.settle("\n".join(new[:done] + old[to_old:]))
    return hands.made


def indent_unit(text: str) -> str:
    """Return a tab, or the spaces of the file's narrowest indentation."""
    if "\n\t" in text:
        return "\t"
    return " " * min((len(run) for run in re.findall(r"\n( +)\S", text) if len(run) in (2, 3, 4)), default=4)


def accepted(made: list[Stroke], index: int, text: str, cursor: int, shown: str) -> int | None:
    """Return where to continue if the strokes from `index` on would type `shown` at the cursor; or None."""
    goal, reached = text[:cursor] + shown + text[cursor:], text
    for number in range(index, min(len(made), index + 3 * len(shown))):
        reached = made[number].apply(reached)
        if reached == goal and made[number].cursor == cursor + len(shown):
            return number + 1
    return None


class Hands:
    """The current text, and the strokes made so far."""

    def __init__(self, text: str, unit: str, rng: random.Random, openers: str) -> None:
        self.text, self.made = text, list[Stroke]()
        self._cursor, self._pause = 0, JUMP
        self._unit, self._rng, self._openers = unit, rng, openers
        self._closers: list[int] = []  # that the editor has put there, counted from the end of the text

    def change(self, old: list[str], new: list[str], line: int) -> None:
        """Turn the lines `old`, the first of which is number `line`, into the lines `new`."""
        at = _line_start(self.text, line)
        if len(new) > PASTED_LINES:
            return  # `settle` puts it there
        if len(old) == len(new) and all(
            SequenceMatcher(None, a, b).ratio() > EDITED_WITHIN for a, b in zip(old, new, strict=True)
        ):
            for a, b in zip(old, new, strict=True):
                self._edit_line(at, a, b)
                at += len(b) + 1
            return
        behind = at > 0  # there is a line above: new lines begin behind its end
        if old:
            gone = len("\n".join(old)) + (1 if behind or at + len("\n".join(old)) < len(self.text) else 0)
            start = at - 1 if behind else at
            self._do(start, start + gone, "", JUMP)
        typed = "\n".join(new[:TYPED_LINES])
        if new:
            self._go(at - 1 if behind else 0)
            self.type(f"\n{typed}" if behind else f"{typed}\n")

    def settle(self, wanted: str) -> None:
        """Paste or remove what still differs, without requests."""
        if self.text != wanted:
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.text, wanted, strict=False)))
            left = min(len(self.text), len(wanted)) - same
            pairs = zip(reversed(self.text), reversed(wanted), strict=False)
            tail = min(left, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)))
            self._do(same, len(self.text) - tail, wanted[same : len(wanted) - tail], JUMP, asks=False)
        self._closers.clear()

    def type(self, goal: str) -> None:
        at = 0
        while at < len(goal):
            sign = goal[at]
            if sign == "\n" and (taken := self._step_over_closer(goal[at:])):
                at += taken
            elif sign == "\n":
                self._enter()
                indent = _leading(goal[at + 1 :])
                if goal[at + 1 + len(indent) :][:1] not in ("\n", ""):
                    self._indent_to(indent)
                    at += len(indent)
                    self._pause = LINE
                at += 1
            else:
                self._slip(sign)
                self._sign(sign)
                at += 1

    def _edit_line(self, at: int, old: str, new: str) -> None:
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
        tail = 0
        while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        gone = len(old) - tail - same
        self._go(at + same + gone)
        if gone > BACKSPACES:
            self._do(at + same, at + same + gone, "", JUMP)
        else:
            for _ in range(gone):
                self._do(self._cursor - 1, self._cursor, "", 1)
        self.type(new[same : len(new) - tail])

    def _go(self, cursor: int) -> None:
        if cursor != self._cursor:
            self._cursor, self._pause = cursor, JUMP
            self._closers.clear()

    def _sign(self, sign: str) -> None:
        here, following = self._cursor, self.text[self._cursor : self._cursor + 1]
        before = self.text[here - 1 : here]
        word = sign.isalnum() and not (before.isalnum() or before == "_")
        if self._closers and len(self.text) - here == self._closers[-1] and following == sign:
            self._closers.pop()
            self._do(here, here + 1, sign, 1)
        elif sign in CLOSING and (not following or following in CLOSES_BEFORE) and not self._is_quote_in_word(sign):
            self._closers.append(len(self.text) - here + 1)
            self._do(here, here, sign + CLOSING[sign], 1, back=1)
        else:
            self._do(here, here, sign, WORD if word else 1)

    def _is_quote_in_word(self, sign: str) -> bool:
        before = self.text[self._cursor - 1 : self._cursor]
        return sign in "\"'" and (before.isalnum() or before == sign)

    def _slip(self, sign: str) -> None:
        if sign.isalpha() and sign.isascii() and self._rng.random() < SLIPS:
            self._do(self._cursor, self._cursor, self._rng.choice("aeiourstnl"), 1)
            self._do(self._cursor - 1, self._cursor, "", 2)

    def _enter(self) -> None:
        here = self._cursor
        start = self.text.rfind("\n", 0, here) + 1
        line = self.text[start:here]
        indent = _leading(line)
        if line and not line.strip():  # what the editor indented in vain goes
            self._do(start, here, f"\n{indent}", ENTER)
            return
        opens = line.rstrip()[-1:] in tuple(self._openers)
        if opens and self._closers and len(self.text) - here == self._closers[-1]:
            self._do(here, here, f"\n{indent}{self._unit}\n{indent}", ENTER, back=1 + len(indent))
        else:
            self._do(here, here, f"\n{indent}{self._unit if opens else ''}", ENTER)

    def _indent_to(self, wanted: str) -> None:
        have = _leading(self.text[self.text.rfind("\n", 0, self._cursor) + 1 : self._cursor])
        while len(have) > len(wanted):
            step = min(len(self._unit), len(have) - len(wanted))
            self._do(self._cursor - step, self._cursor, "", 1)
            have = have[:-step]
        while len(have) < len(wanted):
            tab = wanted[len(have) : len(have) + len(self._unit)]
            self._do(self._cursor, self._cursor, tab, 1)
            have += tab

    def _step_over_closer(self, goal: str) -> int:
        """Step over a closing bracket that the editor inserted. Return how many characters of the goal that saves."""
        found = re.match(r"\n[ \t]*([)\]}])", goal)
        if not found or not self._closers:
            return 0
        place = len(self.text) - self._closers[-1]
        between = self.text[self._cursor : place]
        if "\n" not in between or between.strip() or self.text[place] != found[1]:
            return 0
        if between != found[0][:-1]:
            self._do(self._cursor, place, found[0][:-1], LINE, asks=False)
        self._cursor, self._pause = len(self.text) - self._closers.pop() + 1, LINE
        return len(found[0])

    def _do(self, start: int, end: int, text: str, times: float, *, back: int = 0, asks: bool = True) -> None:
        pause = KEY_S * max(times, self._pause) * math.exp(self._rng.gauss(0, SPREAD))
        self._cursor, self._pause = start + len(text) - back, 1
        stroke = Stroke(min(MAX_PAUSE_S, max(MIN_PAUSE_S, pause)), start, end, text, self._cursor, asks)
        self.text = stroke.apply(self.text)
        self.made.append(stroke)


def _leading(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _line_start(text: str, number: int) -> int:
    """Return the offset of line `number`, from 0; after the last line, where one more would start."""
    return sum(len(line) + 1 for line in text.split("\n")[:number])
