"""Explicit mentions in a question: `#file:path`, `#symbol:name`, `#selection` and `@workspace`.

A path or name with blanks is in quotes: `#file:"my notes.py"`. Mentions stay in the question as they were written: they
tell the model what the question is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MENTION = re.compile(r"(?<![\w#@])(?:#(file|symbol):(?:\"([^\"\n]+)\"|(\S+))|(#selection)\b|(@workspace)\b)")
TRAILING = ".,;:!?)]}'\"，。；：！？）】》"  # of the sentence, not of a path


@dataclass(frozen=True)
class Mentions:
    """The mentions of a question, each once, in order."""

    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    selection: bool = False
    workspace: bool = False


def mentions_in(question: str) -> Mentions:
    """Return the mentions of a question."""
    files: dict[str, None] = {}
    symbols: dict[str, None] = {}
    selection = workspace = False
    for kind, quoted, bare, is_selection, is_workspace in MENTION.findall(question):
        selection |= bool(is_selection)
        workspace |= bool(is_workspace)
        name = quoted or bare.rstrip(TRAILING)
        if kind and name:
            (files if kind == "file" else symbols)[name] = None
    return Mentions(tuple(files), tuple(symbols), selection, workspace)


def without_mentions(question: str) -> str:
    """Return the question with the names that it mentions, but without `#file:` and the like."""
    return MENTION.sub(lambda found: f" {found[2] or found[3] or ''} ", question)
