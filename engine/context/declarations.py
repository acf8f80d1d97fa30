"""The declarations of the names in view: signatures, and the members of types, one hop further for a receiver."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.context.affinity import Affinity
from engine.context.index import Index
from engine.context.outline import Declaration
from engine.context.source import NAME, Source
from engine.context.view import View

LINES_ABOVE, LINES_BELOW = 12, 6
MIN_NAME_CHARS = 3
MAX_OF_ONE_NAME = 40  # a name with more declarations is not specific
MAX_DECLARATIONS = 20
MAX_LIKELY, MAX_OF_ONE_LIKELY_NAME, LIKELY_LINES = 30, 4, 2
MAX_LINES, MAX_LINES_OF_RECEIVER = 14, 30
SHORT_BODY_LINES = 8  # a body this short is shown whole
RECEIVER_WEIGHT = 3.0
OWN_FILE = 1.5
BEST_MARGIN = 0.3  # of affinity: of several declarations of a name, all within this margin of the best are kept
TYPES = frozenset({"type", "implementation", "alias"})
RECEIVER = re.compile(r"([^\W\d]\w*)(?:\(\))?\s*(?:\.|->|::|\?\.)\s*\w*$")
SELVES = frozenset({"self", "this", "cls", "Self"})
RECEIVER_CHARS = 12_000  # of the prefix in which a variable's type is looked for


class Declared(NamedTuple):
    """Lines of a file that declare a name in view, the best first."""

    source: Source
    lines: tuple[int, ...]
    name: str
    in_view: bool = True


def declared_in_view(view: View, index: Index, affinity: Affinity, files: int) -> list[Declared]:
    """Return the declarations of names around the cursor that the prompt does not show, the most useful first."""
    weights, receivers = _names_in_view(view, index.sources([view.path]).get(view.path))
    if not weights:
        return []
    found: dict[str, list[tuple[float, Source, int]]] = {}
    for source in index.declaring(view.family.id, weights, files):
        close = affinity.of(source.path) + (OWN_FILE if source.path == view.path else 0)
        declarations = source.declarations
        for position in declarations.named(weights):
            if declarations.kinds[position] != "field":
                found.setdefault(declarations.names[position], []).append((close, source, position))
    ranked: list[tuple[float, Source, int]] = []
    for name, places in found.items():
        if len(places) > MAX_OF_ONE_NAME:
            continue
        closest = max(close for close, _, _ in places)
        for close, source, position in places:
            each = source.declarations[position]
            if close < closest - BEST_MARGIN or _is_shown(view, source, each):
                continue
            score = weights[name] * (0.3 + close) / len(places) ** 0.5 * (1.5 if each.kind in TYPES else 1.0)
            ranked.append((score * (2.0 if name in receivers else 1.0), source, position))
    ranked.sort(key=lambda entry: -entry[0])
    chosen: dict[tuple[str, int], Declared] = {}
    for score, source, position in [*_defined(view, index), *ranked][:MAX_DECLARATIONS]:
        each = source.declarations[position]
        limit = MAX_LINES_OF_RECEIVER if score > 2 else MAX_LINES  # noqa: PLR2004 - what only a receiver's type reaches
        key = (source.path, each.start)
        if key not in chosen:
            chosen[key] = Declared(source, tuple(skeleton(source, position, weights, limit)), each.name, in_view=True)
    return list(chosen.values())


def declarations_of(likely: Mapping[str, float], view: View, index: Index, files: int) -> list[Declared]:
    """Return the first lines of the declarations of the likeliest names, one hop from the matching code."""
    wanted = frozenset(heapq.nlargest(MAX_LIKELY, likely, key=likely.__getitem__))
    found = []
    times: Counter[str] = Counter()
    for source in index.declaring(view.family.id, wanted, files):
        for position in source.declarations.named(wanted):
            each = source.declarations[position]
            if times[each.name] < MAX_OF_ONE_LIKELY_NAME:
                times[each.name] += 1
                end = min(each.signature_end, each.start + LIKELY_LINES)
                found.append(Declared(source, tuple(range(each.start, end)), each.name, in_view=False))
    return found


def skeleton(source: Source, position: int, wanted: Iterable[str], max_lines: int) -> list[int]:
    """Return the lines that summarise a declaration: its signature, and those of its members, `wanted` ones first."""
    each = source.declarations[position]
    if each.end - each.start <= SHORT_BODY_LINES:
        return list(range(each.start, each.end))
    shown = list(range(each.start, min(each.signature_end, each.start + 6)))
    if each.kind == "function":
        return shown
    if each.kind not in TYPES and each.kind != "module":
        return list(range(each.start, min(each.end, each.start + max_lines)))
    inside = source.declarations.members(position)
    if not inside:
        return list(range(each.start, min(each.end, each.start + max_lines)))
    wanted, names = frozenset(wanted), source.declarations.names
    inside.sort(key=lambda at: (names[at] not in wanted, names[at].startswith("_")))
    for member in inside:
        if len(shown) >= max_lines:
            break
        declared = source.declarations[member]
        shown += range(declared.start, min(declared.signature_end, declared.start + 3))
    return sorted(set(shown))


def _defined(view: View, index: Index) -> list[tuple[float, Source, int]]:
    """Return the definitions that the editor reported for the names at the cursor."""
    sources = index.sources({path for path, _ in view.definitions})
    found = []
    for path, line in view.definitions:
        source = sources.get(path)
        position = source.declarations.declaring(line) if source else None
        if source and position is not None and not _is_shown(view, source, source.declarations[position]):
            found.append((RECEIVER_WEIGHT, source, position))
    return found


def _is_shown(view: View, source: Source, each: Declaration) -> bool:
    return source.path == view.path and view.first_line <= each.start < view.end_line


def _names_in_view(view: View, own: Source | None) -> tuple[dict[str, float], frozenset[str]]:
    """Return the weights of names by their distance from the cursor, and the likely types of the receiver."""
    weights: dict[str, float] = {}

    def add(line: str, distance: int) -> None:
        for _, name in NAME.findall(line):
            if len(name) >= MIN_NAME_CHARS and name not in view.family.keywords:
                weights[name] = max(weights.get(name, 0.0), 1 / (1 + distance / 4))

    cursor = view.cursor.prefix.count("\n")
    above = view.cursor.prefix[-view.chars_above :].split("\n")[-LINES_ABOVE:]
    for distance, line in enumerate(reversed(above)):
        add(line, distance)
    for distance, line in enumerate(view.cursor.suffix[: view.chars_below].split("\n")[:LINES_BELOW]):
        add(line, distance + 2)
    around = [each for each in own.declarations.around(cursor) if each.kind != "field"] if own else []
    for each in around:
        for number in range(each.start, each.signature_end):
            add(own.lines[number] if own and number < len(own.lines) else "", 3)
    receivers = frozenset(_types_of_receiver(view, around))
    for name in receivers:
        weights[name] = RECEIVER_WEIGHT
    return weights, receivers


def _types_of_receiver(view: View, around: list[Declaration]) -> list[str]:
    """Return the likely types of the variable before the cursor's dot: from its annotation, constructor or call."""
    match = RECEIVER.search(view.cursor.line_before)
    if not match:
        return []
    name = match.group(1)
    if name in SELVES:
        return [each.name for each in around if each.kind in TYPES][-1:]
    if name[:1].isupper():
        return [name]
    x = re.escape(name)
    text = view.cursor.prefix[-RECEIVER_CHARS:]
    for pattern in (
        rf"\b{x}\s*:\s*&?(?:mut\s+)?[\"']?(?:\w+[.:]+)*([A-Z]\w*)",
        rf"\b{x}\s*:?=\s*&?(?:await\s+)?(?:new\s+)?(?:\w+(?:\.|::))*([A-Z]\w*)",
        rf"\b([A-Z]\w*)(?:<[^<>\n]*>)?(?:\[\])?[\s*&]+{x}\b",
        rf"\b(?:struct|const)\s+(\w+)\s*[*&]+\s*{x}\b",
        rf"\b{x}\s+\*?(?:\w+\.)?([A-Z]\w*)",
        rf"\b{x}\s*:?=\s*(?:await\s+)?(?:[\w.]+[.:])?(\w+)\s*\(",
    ):
        if types := re.findall(pattern, text):
            return [str(types[-1])]
    return []
