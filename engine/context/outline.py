"""What a file declares: names, kinds, and the lines of each declaration and of its signature."""

from __future__ import annotations

import threading
from typing import NamedTuple

import tree_sitter

from engine.context.grammars import grammar_of

MAX_DECLARATIONS = 5_000  # of one file; more are a generated table's
HOLDERS = frozenset({"type", "implementation", "function", "module"})
MAX_NAME_CHARS = 100


class Declaration(NamedTuple):
    """Lines count from 0, ends are exclusive. `parent` is the index of the declaration around it, or -1."""

    name: str
    kind: str
    start: int
    end: int
    signature_end: int
    parent: int


_parsing = threading.Lock()  # tree-sitter's parsers keep state


def outline(language: str, text: str) -> tuple[Declaration, ...]:
    """The declarations of a text, in the order in which they stand; none where the language has no grammar."""
    grammar = grammar_of(language)
    if grammar is None:
        return ()
    parser, query = grammar
    with _parsing:
        tree = parser.parse(text.encode("utf-8", "replace"))
        matches = tree_sitter.QueryCursor(query).matches(tree.root_node)
        found = [one for _, captures in matches[:MAX_DECLARATIONS] for one in _declared(captures)]
    return _nested(sorted(dict.fromkeys(found), key=lambda each: (each.start, -each.end)))


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
    return [Declaration(name, kind, start, end, signature_end, -1) for name in names if name]


def _nested(declarations: list[Declaration]) -> tuple[Declaration, ...]:
    """The same, each with its parent."""
    nested: list[Declaration] = []
    around: list[int] = []
    for position, each in enumerate(declarations):
        while around and (nested[around[-1]].end <= each.start or nested[around[-1]].end < each.end):
            around.pop()
        nested.append(each._replace(parent=around[-1] if around else -1))
        if each.kind in HOLDERS:
            around.append(position)
    return tuple(nested)


def members(declarations: tuple[Declaration, ...], position: int) -> list[int]:
    """The positions of what stands directly inside a declaration."""
    end = declarations[position].end
    inside = []
    for other in range(position + 1, len(declarations)):
        if declarations[other].start >= end:
            break
        if declarations[other].parent == position:
            inside.append(other)
    return inside
