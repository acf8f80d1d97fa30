"""A diff that is too long, shortened: whole files go, what nobody wrote first, then the longest."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.context.exclusion import why_not_name

FILE = re.compile(r"^diff --git a/(.*?) b/.*$", re.MULTILINE)


def shorten_diff(diff: str, room: int, size: Callable[[str], int]) -> tuple[str, tuple[str, ...]]:
    """(the diff within `room`, as `size` measures it; the files that were left out). A last long file is cut."""
    starts = [found.start() for found in FILE.finditer(diff)]
    files = [diff[start:end] for start, end in zip(starts, [*starts[1:], len(diff)], strict=True)] or [diff]
    sizes = [size(file) for file in files]
    names = [found[1] if (found := FILE.match(file)) else "" for file in files]

    def worth(position: int) -> tuple[bool, int]:
        return not why_not_name(names[position].rpartition("/")[2]), -sizes[position]

    kept = sorted(range(len(files)), key=worth)
    dropped = []
    while len(kept) > 1 and sum(sizes[position] for position in kept) > room:
        dropped.append(kept.pop(0))
    return "".join(files[position] for position in sorted(kept)), tuple(names[position] for position in sorted(dropped))
