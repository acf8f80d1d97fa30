"""What a name is where it stands: tree-sitter's kind of its node, such as a variable's, a type's or a field's."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.context.source import Source

if TYPE_CHECKING:
    import tree_sitter

MAX_CHARS = 400_000
_parsing = threading.Lock()  # tree-sitter's parsers keep state


def role_at(source: Source, line: int, column: int) -> str:
    """Return the kind of the innermost node there, and of the one around it; "" if the language has no grammar."""
    tree = _tree(source)
    if tree is None or line >= len(source.lines):
        return ""
    at = line, len(source.lines[line][:column].encode("utf-8", "replace"))
    node = tree.root_node.descendant_for_point_range(at, at)
    if node is None:
        return ""
    return node.type if node.parent is None or not node.type.endswith("identifier") else f"{node.type} {_around(node)}"


def _around(node: tree_sitter.Node) -> str:
    """Return "member" for a name after a dot, and the like."""
    parent = node.parent
    if parent is None:
        return ""
    if parent.type in {"attribute", "member_expression", "field_expression", "field_access", "selector_expression"}:
        first = parent.children[0]
        return "object" if (first.start_byte, first.end_byte) == (node.start_byte, node.end_byte) else "member"
    return ""


def _tree(source: Source) -> tree_sitter.Tree | None:
    if "tree" not in source.__dict__:
        from engine.context.grammars import grammar_of

        grammar = grammar_of(source.language) if len(source.text) <= MAX_CHARS else None
        if grammar is None:
            source.__dict__["tree"] = None
        else:
            with _parsing:
                source.__dict__["tree"] = grammar[0].parse(source.text.encode("utf-8", "replace"))
    tree: tree_sitter.Tree | None = source.__dict__["tree"]
    return tree
