"""Explicit mentions in a question: `#file:path`, `#symbol:name`, `#selection` and `@workspace`.

A path or name with blanks stands in quotes: `#file:"my notes.py"`. A mention stays in the question as it was written:
it tells the model what the question is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MENTION = re.compile(r"(?<![\w#@])(?:#(file|symbol):(?:\"([^\"\n]+)\"|(\S+))|(#selection)\b|(@workspace)\b)")
TRAILING = ".,;:!?)]}'\"，。；：！？）】》"  # of the sentence, not of a path


@dataclass(frozen=True)
class Mentions:
    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    selection: bool = False
    workspace: bool = False


def mentions_in(question: str) -> Mentions:
    """What a question mentions, each once, in order."""
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
    """What is left to search for: names that were mentioned stay, marks go."""
    return MENTION.sub(lambda found: f" {found[2] or found[3] or ''} ", question)
