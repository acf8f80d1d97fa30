"""The choice of lines: the statements that show the likeliest names at the least cost, as excerpts of their files."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from engine.context.likely import Matches
from engine.context.source import Source
from engine.context.view import View
from engine.types import Snippet

COST_POWER = 0.7  # value is divided by cost to this power: a long statement with many names may be worth it
DECLARATION_VALUE = 0.3  # of the line that declares a likely name, besides its names, even if a use is shown
PATH_OVERHEAD_CHARS = 5  # of a snippet's header, in addition to the path
IN_VIEW_VALUE = 0.02  # of the line that declares a name in view, in addition to its names
ANCHOR_SHARE = 0.4  # of the budget, for the best match as a whole
ANCHOR_CANDIDATES, MAX_ANCHORS, MIN_ANCHOR_LINES, MAX_ANCHOR_LINES = 8, 1, 3, 14
TRANCHE_SHARE = 0.24  # of the budget: in a tranche the lines of a file are together, and better tranches come first


Cost = Callable[[str], float]


class Statement(NamedTuple):
    source: Source
    lines: range
    values: dict[str, float]  # of its likely names
    cost: float
    reason: str


def pack(matches: Matches, likely: dict[str, float], view: View, budget: float, cost: Cost) -> list[Snippet]:
    """Return excerpts within `budget`, best first. `cost` measures text.

    Greedy: the value of a statement is the sum of the probabilities of those of its names that are not shown yet.
    """
    statements = _statements(matches, likely, view, cost)
    anchors, shown = _anchors(matches, view, budget, cost)
    opened: set[str] = set()
    taken: set[tuple[str, int]] = set()
    tranches: list[list[tuple[Statement, float]]] = [[]]
    used, in_tranche = sum(cost(each.text) + cost(each.path) + PATH_OVERHEAD_CHARS for each in anchors), 0.0

    def value(statement: Statement) -> float:
        gain = math.fsum(
            [worth for name, worth in statement.values.items() if name not in shown]
        )  # the order does not count
        if not gain:
            return 0.0
        path = statement.source.path
        price = statement.cost + (0 if path in opened else cost(path) + PATH_OVERHEAD_CHARS)
        return gain / math.pow(price, COST_POWER)

    queue = [(-value(statement), number) for number, statement in enumerate(statements)]
    heapq.heapify(queue)
    while queue and used < budget:
        _, number = heapq.heappop(queue)
        statement = statements[number]
        now = value(statement)
        if now <= 0:
            continue
        if queue and now < -queue[0][0]:
            heapq.heappush(queue, (-now, number))
            continue
        shown.update(statement.values)
        taken.update((statement.source.path, line) for line in statement.lines)
        if in_tranche > budget * TRANCHE_SHARE:
            tranches.append([])
            in_tranche = 0.0
            opened.clear()
        path = statement.source.path
        price = statement.cost + (0 if path in opened else cost(path) + PATH_OVERHEAD_CHARS)
        opened.add(path)
        tranches[-1].append((statement, now))
        used += price
        in_tranche += price
    return [*anchors, *(snippet for tranche in tranches for snippet in _excerpts(tranche))]


def _anchors(matches: Matches, view: View, budget: float, cost: Cost) -> tuple[list[Snippet], set[str]]:
    """Return the best matching code as a whole, within its share of the budget, and the names it shows.

    A model learns more from continuous code than from single statements.
    """
    anchors: list[Snippet] = []
    names: set[str] = set()
    room = budget * ANCHOR_SHARE
    for source, chunk in matches.chunks[:ANCHOR_CANDIDATES]:
        overlaps = (
            each.start_line < chunk.end and chunk.start < each.end_line for each in anchors if each.path == chunk.path
        )
        if any(overlaps):
            continue
        kept: list[int] = []
        hidden = _hidden(view, chunk.path)
        for number in range(chunk.start, min(chunk.end, len(source.lines))):
            if source.line(number) and number not in hidden:
                price = cost(source.lines[number]) + 1
                if price > room or len(kept) == MAX_ANCHOR_LINES:
                    break
                room -= price
                kept.append(number)
        if len(kept) < MIN_ANCHOR_LINES:
            continue
        text = "\n".join(source.lines[number] for number in kept)
        names.update(name for number in kept for name in source.line(number))
        anchors.append(
            Snippet(chunk.path, kept[0], kept[-1] + 1, text, round(chunk.score, 2), "similar code, the best match")
        )
        if len(anchors) == MAX_ANCHORS:
            break
    return anchors, names


def _statements(matches: Matches, likely: dict[str, float], view: View, cost: Cost) -> list[Statement]:
    """Return the statements of the matches that show a likely name."""
    found: list[Statement] = []
    done: dict[str, set[int]] = defaultdict(set)
    wanted = frozenset(likely)

    def add(source: Source, numbers: Iterable[int], reason: str, own_value: float = 0.0) -> None:
        lines, passed, starts = source.lines, done[source.path], source.declarations.on
        hidden = _hidden(view, source.path)
        for number in numbers:
            if number in passed or number >= len(lines):
                continue
            passed.add(number)
            names = wanted.intersection(source.line(number))
            first = lines[number]
            end = source.statement_end(number) if "(" in first or "[" in first else number + 1
            for at in range(number + 1, end):
                names |= wanted.intersection(source.line(at))
            if not (names or own_value) or number in hidden:
                continue
            values = {name: likely[name] for name in names}
            if own_value:
                values[f"{source.path}:{number}"] = own_value  # counts once, as a name does
            for name in starts(number):
                if name in names:
                    values[f"{name}'s declaration"] = likely[name] * DECLARATION_VALUE
            price = cost(first.strip()) + 2
            for at in range(number + 1, end):
                price += cost(lines[at].strip()) + 2
            found.append(Statement(source, range(number, end), values, price, reason))

    for rank, declared in enumerate(matches.declared):
        reason = f"declares {declared.name}"
        if declared.in_view:
            add(declared.source, declared.lines[:1], reason, IN_VIEW_VALUE / (1 + rank))
        add(declared.source, declared.lines, reason)
    for source, chunk in matches.chunks:
        add(source, range(chunk.start, chunk.end), "similar code")
    return found


def _hidden(view: View, path: str) -> range:
    """Return the lines of a file that the prompt shows anyway."""
    return range(view.first_line, view.end_line) if path == view.path else range(0)


def _excerpts(tranche: list[tuple[Statement, float]]) -> list[Snippet]:
    """Return one snippet for each file, its lines in order; files in the order of their best statement."""
    by_path: dict[str, list[tuple[Statement, float]]] = {}
    for statement, value in tranche:
        by_path.setdefault(statement.source.path, []).append((statement, value))
    snippets = []
    for path, entries in by_path.items():
        source = entries[0][0].source
        numbers = sorted(
            {number for statement, _ in entries for number in statement.lines if number < len(source.lines)}
        )
        text = "\n".join(source.lines[number] for number in numbers)
        reasons = dict.fromkeys(statement.reason for statement, _ in entries)
        score = sum(value for _, value in entries)
        snippets.append(Snippet(path, numbers[0], numbers[-1] + 1, text, round(score, 4), ", ".join(list(reasons)[:3])))
    return snippets
