"""Lines: lines were added beside certain others, or removed; where the same stands and the same is missing, or left."""

from __future__ import annotations

import math
from collections.abc import Iterator

from engine.context.source import Source
from engine.next_edit.places import closeness, edited_lines, kinship, lines_with, nearest_first
from engine.next_edit.template import Bindings, substitute
from engine.next_edit.tokens import indent_of, is_identifier, words_of
from engine.next_edit.values import Candidate, Hunk, Situation

RECENT_HUNKS = 5
MAX_LINES = 12
MAX_PLACES = 6
MAX_FILES = 2
MAX_PLACES_ELSEWHERE = 2


def find_line_changes(situation: Situation) -> Iterator[Candidate]:
    hunks = situation.trail.hunks[-RECENT_HUNKS:]
    seen: set[tuple[str, ...]] = set()
    for hunk in reversed(hunks):
        lines = hunk.after or hunk.before
        stripped = tuple(line.strip() for line in lines)
        if (hunk.before and hunk.after) or len(lines) > MAX_LINES or stripped in seen or not any(stripped):
            continue
        seen.add(stripped)
        if hunk.after:
            yield from _insertions(situation, hunk)
        else:
            yield from _deletions(situation, hunk)


def _files(situation: Situation, word: str) -> Iterator[Source]:
    yield situation.source
    for path in situation.files.using(word, situation.source, MAX_FILES):
        if path != situation.source.path and (source := situation.files.read(path)):
            yield source


def _rarest(words: list[str], keywords: frozenset[str]) -> str:
    names = [word for word in words if is_identifier(word) and word not in keywords]
    return max(names, key=len, default="")


def _insertions(situation: Situation, hunk: Hunk) -> Iterator[Candidate]:
    """Lines that stand below, or above, what the added lines stand below, or above."""
    home = situation.source if hunk.path == situation.source.path else situation.files.read(hunk.path)
    if home is None:
        return
    keywords = home.family.keywords
    for is_above, line in ((True, hunk.line - 1), (False, hunk.end)):
        if not 0 <= line < len(home.lines):
            continue
        neighbour = home.lines[line]
        word = _rarest(words_of(neighbour), keywords)
        if not word:
            continue
        for source in _files(situation, word):
            yield from _below_or_above(situation, hunk, neighbour, word, source, is_above=is_above)


def _below_or_above(
    situation: Situation, hunk: Hunk, neighbour: str, word: str, source: Source, *, is_above: bool
) -> Iterator[Candidate]:
    is_here = source.path == situation.source.path
    keywords = source.family.keywords
    cursor = situation.line if is_here else 0
    taken = edited_lines(situation.trail.hunks, source.path)
    wanted = words_of(neighbour)
    home = hunk.path == source.path
    places = []
    for line in nearest_first(lines_with(source, word), cursor):
        found = words_of(source.lines[line])
        if (home and line in (hunk.line - 1, hunk.end)) or line in taken or len(found) != len(wanted):
            continue
        bindings = Bindings(keywords, frozenset())
        if not all(bindings.bind(a, b) for a, b in zip(wanted, found, strict=True)):
            continue
        own, other = indent_of(source.lines[line]), indent_of(neighbour)
        added = tuple(_reindented(substitute(each, bindings.varied), other, own) for each in hunk.after)
        at = line + 1 if is_above else line
        near = source.lines[at : at + len(added)] if is_above else source.lines[at - len(added) : at]
        if [each.strip() for each in near] == [each.strip() for each in added]:
            continue
        places.append((at, line, added, bindings.varied))
        if len(places) >= (MAX_PLACES if is_here else MAX_PLACES_ELSEWHERE):
            break
    made = [each.line for each in situation.trail.hunks if each.path == source.path and each.after == hunk.after]
    for at, line, added, varied in places:
        signals = _common(situation, hunk, source, line, made, len(places)) | {
            "varied": min(4, len(varied)) / 4,
            "names": min(6, sum(map(is_identifier, wanted))) / 6,
            "is_above": float(is_above),
            "both": float(_other_neighbour(situation, hunk, source, at, is_above=is_above)),
            "known": float(any(each.strip() in source.text for each in added if len(each.strip()) > 3)),  # noqa: PLR2004
        }
        yield Candidate(source.path, at, at, added, "insert", "the same lines are added here", signals)


def _other_neighbour(situation: Situation, hunk: Hunk, source: Source, at: int, *, is_above: bool) -> bool:
    """True if also the line on the other side of the added ones is the same."""
    home = situation.source if hunk.path == situation.source.path else situation.files.read(hunk.path)
    beyond, there = (hunk.end, at) if is_above else (hunk.line - 1, at - 1)
    if home is None or not (0 <= beyond < len(home.lines) and 0 <= there < len(source.lines)):
        return False
    return home.lines[beyond].strip() == source.lines[there].strip()


def _reindented(line: str, old: str, new: str) -> str:
    return new + line[len(old) :] if line.startswith(old) else line


def _deletions(situation: Situation, hunk: Hunk) -> Iterator[Candidate]:
    """The same lines elsewhere."""
    stripped = [line.strip() for line in hunk.before]
    first = next((at for at, line in enumerate(stripped) if _rarest(words_of(line), frozenset())), None)
    if first is None:
        return
    word = _rarest(words_of(stripped[first]), frozenset())
    for source in _files(situation, word):
        is_here = source.path == situation.source.path
        cursor = situation.line if is_here else 0
        places = []
        for line in nearest_first(lines_with(source, word), cursor):
            start = line - first
            if start >= 0 and [each.strip() for each in source.lines[start : start + len(stripped)]] == stripped:
                places.append(start)
            if len(places) >= (MAX_PLACES if is_here else MAX_PLACES_ELSEWHERE):
                break
        made = [each.line for each in situation.trail.hunks if each.path == source.path and each.before == hunk.before]
        for start in places:
            signals = _common(situation, hunk, source, start, made, len(places)) | {
                "names": min(6, sum(map(is_identifier, words_of("\n".join(stripped))))) / 6,
            }
            yield Candidate(source.path, start, start + len(stripped), (), "delete", "the same lines went", signals)


def _common(
    situation: Situation, hunk: Hunk, source: Source, line: int, made: list[int], count: int
) -> dict[str, float]:
    is_here = source.path == situation.source.path
    cursor = situation.line if is_here else 0
    stripped = [each.strip() for each in hunk.after or hunk.before]
    alike = [
        each
        for each in situation.trail.hunks
        if [one.strip() for one in (each.after or each.before)] == stripped and bool(each.after) == bool(hunk.after)
    ]
    return {
        "hunks": math.log(max(1, len(alike))),
        "is_last": float(hunk.number == situation.trail.hunks[-1].number),
        "age": min(8, sum(1 for each in situation.trail.hunks if each.number > hunk.number)) / 8,
        "places": min(4.0, math.log(count)),
        "size": math.log(len(stripped)),
        "closeness": closeness(line, cursor) if is_here else 0.0,
        "below": float(is_here and line >= cursor),
        "above_all": float(bool(made) and line < min(made)),
        "elsewhere": float(not made),
        "kinship": kinship(situation.source.path, source.path),
    }
