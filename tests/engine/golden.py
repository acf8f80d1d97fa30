"""Golden cases of post-processing: a source with a cursor, what the model says, what the editor shows."""

from __future__ import annotations

from engine.document import Cursor
from engine.postprocess import Draft, NothingToShow, Surroundings, apply_filters
from engine.types import Mode
from tests.scripted import CURSOR

SILENT = ""


def place(source: str, language: str = "javascript") -> Surroundings:
    prefix, suffix = source.split(CURSOR)
    return Surroundings(Cursor.between(prefix, suffix, language=language))


def shown(source: str, says: str, language: str = "javascript", mode: Mode = Mode.BLOCK) -> str:
    """What the filters leave of what the model says; `SILENT` where they leave nothing."""
    try:
        return apply_filters(Draft(says, place(source, language), mode)).text
    except NothingToShow:
        return SILENT
