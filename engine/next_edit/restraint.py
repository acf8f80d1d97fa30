"""What is not proposed, however probable: what was undone or refused, and what changes nothing that can be seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.context.source import Source
from engine.next_edit.tokens import common_ends, words_of
from engine.next_edit.values import Candidate, Hunk, Trail

GRAM_CHARS = 4
MOST_OVERLAP = 0.7  # of a candidate's new text with what was taken back
NEAR_LINES = 4


@dataclass(frozen=True)
class Change:
    """What a candidate removes and adds, wherever it stands: the same after lines above it have come or gone."""

    path: str
    removed: str
    added: str


def change_of(candidate: Candidate, source: Source) -> Change:
    """Return the texts that go and come, cut at the words around them."""
    old, new = "\n".join(source.lines[candidate.start : candidate.end]), "\n".join(candidate.lines)
    head, tail = common_ends(old, new)
    while head and _is_in_word(old[head - 1]):
        head -= 1
    while tail and _is_in_word(old[len(old) - tail]):
        tail -= 1
    tail = min(tail, len(old) - head, len(new) - head)
    return Change(candidate.path, old[head : len(old) - tail].strip(), new[head : len(new) - tail].strip())


def why_not(candidate: Candidate, source: Source, trail: Trail, refused: Iterable[Change]) -> str:
    """Return why a candidate is not proposed, or ""."""
    change = change_of(candidate, source)
    if "".join(change.removed.split()) == "".join(change.added.split()):
        return "it only changes blanks"
    if change in refused:
        return "it was refused"
    if change.added and any(_overlaps(change.added, text) for text in trail.taken_back):
        return "it brings back what was taken back"
    if any(_reverses(candidate, change, hunk) for hunk in trail.hunks):
        return "it undoes a change"
    return ""


def _overlaps(added: str, text: str) -> bool:
    """True if most of what is added is what was taken back."""
    if min(len(added), len(text)) < GRAM_CHARS:
        return added == text
    known = grams(text)
    own = grams(added)
    return len(own & known) > MOST_OVERLAP * len(own)


def grams(text: str) -> set[str]:
    return {text[at : at + GRAM_CHARS] for at in range(len(text) - GRAM_CHARS + 1)}


def _reverses(candidate: Candidate, change: Change, hunk: Hunk) -> bool:
    """True if a candidate does the contrary of a hunk, or writes what the hunk has just removed next to it."""
    before, after = words_of("\n".join(hunk.before)), words_of("\n".join(hunk.after))
    head, tail = common_ends(before, after)
    gone, come = before[head : len(before) - tail], after[head : len(after) - tail]
    removed, added = words_of(change.removed), words_of(change.added)
    if added and (removed, added) == (come, gone):
        return True
    is_near = candidate.path == hunk.path and hunk.line - NEAR_LINES <= candidate.start <= hunk.end + NEAR_LINES
    return is_near and len(gone) > len(come) and bool(change.added) and _overlaps(change.added, "\n".join(hunk.before))


def _is_in_word(character: str) -> bool:
    return character.isalnum() or character in "_$"
