"""How git matches a pattern of an ignore file with a path: byte by byte, in bounded time.

Follows git's `wildmatch`. A table of what was tried keeps it quick for patterns with many wildcards, for which regular
expressions can take for ever. Patterns and texts are strings whose characters stand for bytes (`latin-1`).
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable

SLASH = "/"
REPEATED = re.compile(r"(?<![^/])(?:\*\*/){2,}")  # means the same as once, and once is not nested
_CLASSES: dict[str, Callable[[str], bool]] = {
    "alnum": lambda c: c in string.ascii_letters + string.digits,
    "alpha": lambda c: c in string.ascii_letters,
    "blank": lambda c: c in " \t",
    "cntrl": lambda c: c < " " or c == "\x7f",
    "digit": lambda c: c in string.digits,
    "graph": lambda c: "!" <= c <= "~",
    "lower": lambda c: c in string.ascii_lowercase,
    "print": lambda c: " " <= c <= "~",
    "punct": lambda c: c in string.punctuation,
    "space": lambda c: c in " \t\n\v\f\r",
    "upper": lambda c: c in string.ascii_uppercase,
    "xdigit": lambda c: c in string.hexdigits,
}
_FOLDED = {ord(upper): lower for upper, lower in zip(string.ascii_uppercase, string.ascii_lowercase, strict=True)}


def fold_case(text: str) -> str:
    """Return the text with ASCII letters in lower case, as git compares names where case does not count."""
    return text.translate(_FOLDED)


def is_match(pattern: str, text: str, *, is_path: bool, ignore_case: bool = False) -> bool:
    """True if the whole text matches. In a path (`is_path`) only `**` crosses a slash."""
    return _Matching(pattern, text, is_path=is_path, ignore_case=ignore_case).is_match(0, 0)


class _Matching:
    """One pattern against one text."""

    def __init__(self, pattern: str, text: str, *, is_path: bool, ignore_case: bool) -> None:
        self._pattern = fold_case(pattern) if ignore_case else pattern
        self._text = fold_case(text) if ignore_case else text
        self._is_path, self._ignore_case = is_path, ignore_case
        self._tried: dict[tuple[int, int], bool] = {}

    def is_match(self, at: int, here: int) -> bool:
        """True if the pattern from `at` matches the text from `here`."""
        known = self._tried.get((at, here))
        if known is None:
            known = self._tried[at, here] = self._match(at, here)
        return known

    def _match(self, at: int, here: int) -> bool:
        pattern, text = self._pattern, self._text
        while at < len(pattern):
            piece = pattern[at]
            if piece == "*":
                return self._match_stars(at, here)
            if here >= len(text):
                return False
            if piece == "[":
                at, matched = self._match_set(at + 1, text[here])
                if not matched:
                    return False
                here += 1
                continue
            if piece == "?":
                if self._is_path and text[here] == SLASH:
                    return False
            else:
                if piece == "\\":
                    at += 1
                    if at >= len(pattern):
                        return False
                if pattern[at] != text[here]:
                    return False
            at, here = at + 1, here + 1
        return here == len(text)

    def _match_stars(self, at: int, here: int) -> bool:
        pattern, text = self._pattern, self._text
        after = at
        while after < len(pattern) and pattern[after] == "*":
            after += 1
        crosses = not self._is_path
        if self._is_path and after - at > 1:
            begins = at == 0 or pattern[at - 1] == SLASH
            ends = after == len(pattern) or pattern[after] == SLASH or pattern.startswith("\\/", after)
            crosses = begins and ends
            # `a/**/b` matches `a/b` too: the stars and one slash may stand for nothing.
            if crosses and after < len(pattern) and pattern[after] == SLASH and self.is_match(after + 1, here):
                return True
        if after == len(pattern):
            return crosses or SLASH not in text[here:]
        for start in range(here, len(text) + 1):
            if self.is_match(after, start):
                return True
            if not crosses and start < len(text) and text[start] == SLASH:
                return False
        return False

    def _match_set(self, at: int, character: str) -> tuple[int, bool]:
        """Return where the pattern continues after the set that begins at `at`, and if the character is in it.

        A set that is never closed matches nothing.
        """
        pattern, end = self._pattern, len(self._pattern)
        negated = at < end and pattern[at] in "!^"
        at += negated
        matched, previous, is_first = False, "", True
        while True:
            if at >= end:
                return end, False
            piece = pattern[at]
            if piece == "]" and not is_first:
                break
            is_first = False
            if piece == "[" and pattern.startswith("[:", at):
                close = pattern.find("]", at + 2)
                if close < 0:
                    return end, False
                if pattern[close - 1] == ":" and close - 1 >= at + 2:
                    name = pattern[at + 2 : close - 1]
                    if name not in _CLASSES:
                        return end, False
                    matched = matched or self._is_in_class(name, character)
                    at, previous = close + 1, ""
                    continue
            elif piece == "-" and previous and at + 1 < end and pattern[at + 1] != "]":
                at += 1
                if pattern[at] == "\\":
                    at += 1
                    if at >= end:
                        return end, False
                matched = matched or previous <= character <= pattern[at]
                if self._ignore_case and character in string.ascii_lowercase:
                    matched = matched or previous <= character.upper() <= pattern[at]
                at, previous = at + 1, ""
                continue
            elif piece == "\\":
                at += 1
                if at >= end:
                    return end, False
                piece = pattern[at]
            matched = matched or piece == character
            at, previous = at + 1, piece
        return at + 1, matched != negated and not (self._is_path and character == SLASH)

    def _is_in_class(self, name: str, character: str) -> bool:
        if _CLASSES[name](character):
            return True
        return name == "upper" and self._ignore_case and character in string.ascii_lowercase
