"""The cursor after the next key, for each key that is likely."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.document import Cursor
from engine.postprocess import Surroundings
from engine.postprocess.indentation import simulate_enter
from engine.text import LF

REPEATED_CHARACTERS = 3  # of one kind: one more is likely, as in an indentation or a ruler
REPEATED = re.compile(rf"([^\n])\1{{{REPEATED_CHARACTERS - 1}}}\Z")


def cursors_after_next_key(cursor: Cursor, completion: str, characters: Sequence[str]) -> Iterator[Cursor]:
    """Return the cursors after each of `characters`, the most probable first, and after one that is being repeated.

    The one that goes the way of `completion`, which is shown, is left out. A line end stands for Enter, and inserts
    what editors insert.
    """
    repeated = REPEATED.search(cursor.line_before[-REPEATED_CHARACTERS:])
    for character in dict.fromkeys([*(repeated.group(1) if repeated else ""), *characters]):
        if completion.startswith(character):
            continue
        typed, below = simulate_enter(Surroundings(cursor)) if character == LF else (character, "")
        if typed:
            yield cursor.after_typing(typed, below)
