"""The declarations of a file: names, kinds, and the lines of each declaration and of its signature."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import tree_sitter

MAX_DECLARATIONS = 5_000  # of one file; files with more are generated tables
HOLDERS = frozenset({"type", "implementation", "function", "module"})
MAX_NAME_CHARS = 100


class Declaration(NamedTuple):
    """One declaration. Lines count from 0, ends are exclusive; `parent` is the position of the one around it, or -1."""

    name: str
    kind: str
    start: int
    end: int
    signature_end: int
    parent: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The declarations of a text, in order.

    They are stored in columns: a search looks at some thousand declarations, and needs all fields of some twenty.
    """

    names: list[str]
    kinds: list[str]
    starts: array[int]
    ends: array[int]
    signature_ends: array[int]
    parents: array[int]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, position: int) -> Declaration:
        return Declaration(
            self.names[position],
            self.kinds[position],
            self.starts[position],
            self.ends[position],
            self.signature_ends[position],
            self.parents[position],
        )

    def __iter__(self) -> Iterator[Declaration]:
        columns = (self.names, self.kinds, self.starts, self.ends, self.signature_ends, self.parents)
        return map(Declaration._make, zip(*columns, strict=True))

    def named(self, names: Container[str]) -> list[int]:
        """Return the positions of the declarations of any of these names."""
        return [position for position, name in enumerate(self.names) if name in names]

    def on(self, line: int) -> list[str]:
        """Return the names whose declaration begins on line `line`."""
        first = end = bisect_left(self.starts, line)
        while end < len(self.starts) and self.starts[end] == line:
            end += 1
        return self.names[first:end]

    def declaring(self, line: int) -> int | None:
        """Return the position of the innermost declaration whose signature includes line `line`."""
        holders = [
            position
            for position, (start, end) in enumerate(zip(self.starts, self.signature_ends, strict=True))
            if start <= line < end
        ]
        return holders[-1] if holders else None

    def around(self, line: int) -> list[Declaration]:
        """Return the declarations around line `line`, the outermost first."""
        return [
            self[position]
            for position, (start, end) in enumerate(zip(self.starts, self.ends, strict=True))
            if start <= line < end
        ]

    def members(self, position: int) -> list[int]:
        """Return the positions of the declarations directly inside a declaration."""
        end = self.ends[position]
        inside = []
        for other in range(position + 1, len(self.names)):
            if self.starts[other] >= end:
                break
            if self.parents[other] == position:
                inside.append(other)
        return inside

    def moved(self, line: int, by: int) -> Outline:
        """Return the outline after lines were inserted or removed above line `line`: what is below has moved."""
        if not by:
            return self
        starts, ends, signature_ends = (
            array("i", [at + by if at >= border else min(at, border + by) for at in column])
            for column, border in ((self.starts, line), (self.ends, line), (self.signature_ends, line + 1))
        )
        return Outline(self.names, self.kinds, starts, ends, signature_ends, self.parents)

    def as_text(self) -> str:
        """Return the outline for the store: a line of numbers in hexadecimal, one of kinds, then one name a line."""
        numbers = self.starts + self.ends + self.signature_ends + self.parents
        return "\n".join([numbers.tobytes().hex(), " ".join(self.kinds), *self.names])


def outline_of_text(text: str) -> Outline:
    """Return the outline that `Outline.as_text` wrote on a machine of the same kind."""
    numbers, kinds, *names = text.split("\n")
    return _in_columns(names, kinds.split(), array("i", bytes.fromhex(numbers)))


def _in_columns(names: list[str], kinds: list[str], numbers: array[int]) -> Outline:
    count = len(names)
    columns = (numbers[at : at + count] for at in range(0, 4 * count, count or 1))
    return Outline(names, kinds, *columns) if count else NO_OUTLINE


NO_OUTLINE = Outline([], [], array("i"), array("i"), array("i"), array("i"))
_parsing = threading.Lock()  # tree-sitter's parsers keep state


def outline(language: str, text: str) -> Outline:
    """Return the declarations of a text; none if the language has no grammar."""
    import tree_sitter

    from engine.context.grammars import grammar_of  # not imported when a server starts

    grammar = grammar_of(language)
    if grammar is None:
        return NO_OUTLINE
    parser, query = grammar
    with _parsing:
        tree = parser.parse(text.encode("utf-8", "replace"))
        matches = tree_sitter.QueryCursor(query).matches(tree.root_node)
        found = [one for _, captures in matches[:MAX_DECLARATIONS] for one in _declared(captures)]
    if not found:
        return NO_OUTLINE
    declared = sorted(dict.fromkeys(found), key=lambda each: (each.start, -each.end))
    names, kinds, starts, ends, signature_ends, _ = zip(*declared, strict=True)
    numbers = (starts, ends, signature_ends, _parents(declared))
    return Outline([*names], [*kinds], *(array("i", column) for column in numbers))


def _declared(captures: dict[str, list[tree_sitter.Node]]) -> list[Declaration]:
    kind = next(name for name in captures if name != "n")
    node = captures[kind][0]
    body = node.child_by_field_name("body")
    if body is None and kind == "variable":
        value = node.child_by_field_name("value")
        if value is not None and value.type in {"arrow_function", "function_expression"}:
            body, kind = value.child_by_field_name("body"), "function"
    if body is None and node.type == "type_spec":
        body = node.child_by_field_name("type")
    start, end = node.start_point[0], node.end_point[0] + 1
    signature_end = end
    if body is not None:
        opens = body.start_point[0]
        # An indented body begins on a line of its own, braces end the signature's last line.
        own_line = body.type == "block" and node.type in {"function_definition", "class_definition"}
        signature_end = max(start + 1, min(opens if own_line else opens + 1, end))
    names = [(name.text or b"").decode("utf-8", "replace")[:MAX_NAME_CHARS] for name in captures.get("n", ())]
    if kind == "implementation":
        names = [name.partition("<")[0].rpartition("::")[2] for name in names]
    names = [" ".join(name.split()) for name in names]  # a name over several lines cannot be searched for
    return [Declaration(name, kind, start, end, signature_end, -1) for name in names if name]


def _parents(declarations: list[Declaration]) -> list[int]:
    """Return the position of the declaration around each one, or -1."""
    parents: list[int] = []
    around: list[int] = []
    for position, (_, kind, start, end, _, _) in enumerate(declarations):
        while around and ((outer := declarations[around[-1]].end) <= start or outer < end):
            around.pop()
        parents.append(around[-1] if around else -1)
        if kind in HOLDERS:
            around.append(position)
    return parents
