"""The patterns of one ignore file, as git reads them (gitignore(5))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.context.wildmatch import REPEATED, SLASH, fold_case, is_match

SPECIAL = "*?[\\"
MAX_BYTES = 1_000_000  # a larger ignore file is not read


@dataclass(frozen=True)
class Pattern:
    """One line."""

    text: str  # without what the flags below say
    is_negated: bool  # what matches is not ignored after all
    is_folder_only: bool
    is_name: bool  # without a slash: matches the name in any folder
    literal_length: int  # so many characters at its beginning are no wildcards

    def is_match(self, path: str, *, is_folder: bool, ignore_case: bool) -> bool:
        """True if a path, relative to the ignore file's folder, matches."""
        if self.is_folder_only and not is_folder:
            return False
        if self.is_name:
            return self._matches_name(path.rpartition(SLASH)[2], ignore_case)
        text, literal = self.text, self.literal_length
        if text.startswith(SLASH):
            text, literal = text[1:], literal - 1
        if literal > 0:
            if _folded(text[:literal], ignore_case) != _folded(path[:literal], ignore_case):
                return False
            # What stands after the literal beginning is matched by itself: `**` there is at the beginning of a pattern.
            text, path = text[literal:], path[literal:]
            if not text:
                return not path
        return is_match(text, path, is_path=True, ignore_case=ignore_case)

    def _matches_name(self, name: str, ignore_case: bool) -> bool:  # noqa: FBT001
        text = self.text
        if self.literal_length == len(text):
            return _folded(text, ignore_case) == _folded(name, ignore_case)
        if text[0] == "*" and not any(character in SPECIAL for character in text[1:]):
            return _folded(name, ignore_case).endswith(_folded(text[1:], ignore_case))
        return is_match(text, name, is_path=False, ignore_case=ignore_case)


@dataclass(frozen=True)
class IgnoreFile:
    """The patterns of an ignore file, and the folder they are relative to."""

    file: Path
    folder: Path
    patterns: tuple[Pattern, ...]
    ignore_case: bool = False

    def is_ignored(self, path: Path, *, is_folder: bool) -> bool | None:
        """True or False as the last pattern that matches says; None if none does, or the path is not below."""
        try:
            relative = path.relative_to(self.folder).as_posix()
        except ValueError:
            return None
        if relative == ".":
            return None
        as_bytes = os.fsencode(relative).decode("latin-1")
        for pattern in reversed(self.patterns):
            if pattern.is_match(as_bytes, is_folder=is_folder, ignore_case=self.ignore_case):
                return not pattern.is_negated
        return None


def read_ignore_file(file: Path, folder: Path, *, ignore_case: bool = False) -> IgnoreFile | None:
    """Return the patterns of a file, relative to `folder`; None if it cannot be read."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        return None
    if len(raw) > MAX_BYTES:
        return None
    lines = raw.removeprefix(b"\xef\xbb\xbf").decode("latin-1").split("\n")
    patterns = tuple(pattern for line in lines if (pattern := parse_pattern(line)) is not None)
    return IgnoreFile(file, folder, patterns, ignore_case)


def parse_pattern(line: str) -> Pattern | None:
    """Return what a line means; None for a comment, and for a line that matches nothing."""
    if line.startswith("#"):
        return None
    text = REPEATED.sub("**/", _without_trailing_blanks(line.removesuffix("\r")))
    is_negated = text.startswith("!")
    text = text.removeprefix("!") if is_negated else text
    is_folder_only = text.endswith(SLASH)
    text = text[:-1] if is_folder_only else text
    if not text:
        return None
    literal = next((at for at, character in enumerate(text) if character in SPECIAL), len(text))
    return Pattern(text, is_negated, is_folder_only, SLASH not in text, literal)


def _without_trailing_blanks(line: str) -> str:
    """Return the line without the blanks at its end that no backslash keeps."""
    end, at = 0, 0
    while at < len(line):
        if line[at] == "\\":
            at += 2
            end = min(at, len(line))
        else:
            at += 1
            if line[at - 1] != " ":
                end = at
    return line[:end]


def _folded(text: str, ignore_case: bool) -> str:  # noqa: FBT001
    return fold_case(text) if ignore_case else text
