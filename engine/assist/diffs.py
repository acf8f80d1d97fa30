"""Diffs without secrets, and shortened: whole files are dropped, generated ones first."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.context.exclusion import why_not_name
from engine.context.secrets import holds_private_key, is_secret_name, masked

FILE = re.compile(r"^diff --git \"?a/(.*?)\"? \"?b/.*$", re.MULTILINE)
LINES = re.compile(r"^@@", re.MULTILINE)
NOT_SHOWN = "@@ not shown: it holds secrets @@\n"


def without_secrets(diff: str) -> str:
    """Return the diff with single secrets masked, and without the lines of files that hold secrets only."""
    shown = []
    for file in _files(diff):
        lines, found = LINES.search(file), FILE.match(file)
        name = found[1].rpartition("/")[2] if found else ""
        hides = lines and (is_secret_name(name) or holds_private_key(file))
        shown.append(file[: lines.start()] + NOT_SHOWN if hides and lines else masked(file))
    return "".join(shown)


def shorten_diff(diff: str, room: int, size: Callable[[str], int]) -> tuple[str, tuple[str, ...]]:
    """Return the diff within `room`, as `size` measures it, and the files left out. A single file may be too long."""
    files = _files(diff)
    sizes = [size(file) for file in files]
    names = [found[1] if (found := FILE.match(file)) else "" for file in files]

    def worth(position: int) -> tuple[bool, int]:
        return not why_not_name(names[position].rpartition("/")[2]), -sizes[position]

    kept = sorted(range(len(files)), key=worth)
    dropped = []
    while len(kept) > 1 and sum(sizes[position] for position in kept) > room:
        dropped.append(kept.pop(0))
    return "".join(files[position] for position in sorted(kept)), tuple(names[position] for position in sorted(dropped))


def _files(diff: str) -> list[str]:
    """Return the diff file by file. Text before the first file counts as one, and so does a diff without headers."""
    starts = [found.start() for found in FILE.finditer(diff)]
    if not starts or diff[: starts[0]].strip():
        starts.insert(0, 0)
    return [diff[start:end] for start, end in zip(starts, [*starts[1:], len(diff)], strict=True)]
