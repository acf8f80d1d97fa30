"""Globs as editors have them in `files.exclude`, relative to a workspace folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from engine.context.wildmatch import REPEATED, is_match

MAX_STARS = 3  # as `**/*.js` has
MAX_ALTERNATIVES = 256
BRACES = re.compile(r"\{([^{}]*)\}")
IN_GLOBS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", ",": "|", "}": ")"}
GLOB_SIGNS = re.compile(r"\*\*/|\*\*|\[!?[^\]/]+\]|.", re.DOTALL)


def matching_glob(path: str, globs: tuple[str, ...]) -> str:
    """Return the glob that matches a path or a folder above it, or ""."""
    if matched := _globs(globs).match(path):
        return globs[(matched.lastindex or 1) - 1]
    for glob, pattern in _starry(globs):
        if is_match(pattern, path, is_path=True) or is_match(f"{pattern}/**", path, is_path=True):
            return glob
    return ""


@lru_cache(maxsize=100)
def _globs(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for paths that match any of these globs, or are below one that does: one group for each glob."""
    quick = ("(?!)" if pattern.count("*") > MAX_STARS else _glob(pattern) for pattern in patterns)
    return re.compile("|".join(f"({each})" for each in quick) or "(?!)", re.DOTALL)


@lru_cache(maxsize=100)
def _starry(patterns: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return (the glob, it as a pattern of an ignore file) for globs on which an expression could be busy for ever."""
    return tuple(
        (pattern, REPEATED.sub("**/", each))
        for pattern in patterns
        if pattern.count("*") > MAX_STARS
        for each in islice(_without_braces(pattern.strip("/")), MAX_ALTERNATIVES)
    )


def _without_braces(pattern: str) -> Iterator[str]:
    """Yield the globs that one with braces stands for."""
    found = BRACES.search(pattern)
    if found is None:
        yield pattern
        return
    for each in found[1].split(","):
        yield from _without_braces(pattern[: found.start()] + each + pattern[found.end() :])


def _glob(pattern: str) -> str:
    """Return a glob of `files.exclude` as an expression without groups. An invalid glob matches its own characters.

    As VS Code has them: `**` any folders or none, `*` and `?` within a name, `{a,b}`, `[a-z]`, `[!a-z]`.
    """
    expression, depth = "", 0
    for character in GLOB_SIGNS.findall(pattern.strip("/")):
        depth += (character == "{") - (character == "}")
        if character.startswith("[") and len(character) > 1:
            expression += character.replace("\\", r"\\").replace("[!", "[^", 1)
        elif character in IN_GLOBS and (character != "," or depth):
            expression += IN_GLOBS[character]
        else:
            expression += re.escape(character)
    below = r"(?:/.*)?\Z"
    try:
        re.compile(expression + below)
    except re.error:
        return re.escape(pattern.strip("/")) + below
    return expression + below
