"""Proofs about code before it is shown: that a grammar can parse it, and that only comments changed.

Trees are compared, not texts: node by node in order, with depth and type, and the text of each leaf. Comments are left
out, and Python's docstrings with them. Comments that tools read (`engine.assist.directives`) must stay as they are,
between the same tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from engine.assist.directives import is_directive
from engine.assist.wording import sentence
from engine.context.grammars import grammar_of
from engine.languages import Language
from engine.prompt.system_prompts import HumanLanguage

MAX_SHOWN_CHARS = 80  # of a line that is quoted
MAX_CHECKED_CHARS = 2_000_000
# Languages in which a line end can end a statement, and so can a comment over several lines.
LINES_END_STATEMENTS = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact", "go"})
CGO = re.compile(rb"^import\s+\"C\"", re.MULTILINE)
# The body of a macro is one token of the grammar, with its comments.
IN_MACRO = re.compile(rb"(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|/\*.*?\*/|//[^\n]*", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """A fault of some code, in words for the user and for the model that may repair it."""

    message: str
    can_be_repaired: bool = True


@dataclass(frozen=True)
class _Leaf:
    """One node of a tree, as it is compared."""

    depth: int
    kind: str
    text: bytes
    line: int  # from 0; not compared

    def equals(self, other: _Leaf, *, shape: bool) -> bool:
        return self.text == other.text and (not shape or (self.depth, self.kind) == (other.depth, other.kind))


def can_parse(language: Language) -> bool:
    """True if there is a grammar for the language."""
    return grammar_of(language.id) is not None


def parse_fault(language: Language, code: str, words: HumanLanguage, allowed: int = 0) -> Fault | None:
    """Return the first syntax error if there are more than `allowed`; None if not, or if there is no grammar."""
    tree = _parsed(language, code)
    if tree is None:
        return None
    errors = [node.start_point[0] for node in _walk(tree.root_node) if node.is_error or node.is_missing]
    if len(errors) <= allowed:
        return None
    line = errors[0]
    text = code.split("\n")[line].strip()[:MAX_SHOWN_CHARS]
    return Fault(sentence("does_not_parse", words, language=language.name, line=line + 1, text=text))


def parse_errors(language: Language, code: str) -> int:
    """Return the number of syntax errors. Code that is being written has some before it is changed."""
    tree = _parsed(language, code)
    return 0 if tree is None else sum(node.is_error or node.is_missing for node in _walk(tree.root_node))


def swallowed_fault(language: Language, after: str, end: int, words: HumanLanguage) -> Fault | None:
    """Return a fault if the rest of the line after an edit became part of a comment. The edit ends at `end`."""
    rest = after[end:].partition("\n")[0]
    tree = _parsed(language, after) if rest.strip() else None
    if tree is None:
        return None
    at = len(after[: end + len(rest) - len(rest.lstrip())].encode("utf-8", "replace"))
    node = tree.root_node.descendant_for_byte_range(at, at + 1)
    while node is not None and "comment" not in node.type:
        node = node.parent
    if node is None or node.start_byte >= at:  # that comment was there before
        return None
    return Fault(sentence("swallowed", words, text=rest.strip()[:MAX_SHOWN_CHARS]))


def comments_only_fault(language: Language, before: str, after: str, words: HumanLanguage) -> Fault | None:
    """Return None if it is proven that only comments changed, else the fault.

    Without a grammar nothing can be proven, which is a fault too unless nothing changed.
    """
    if before == after:
        return None
    old_tree, new_tree = _parsed(language, before), _parsed(language, after)
    if old_tree is None or new_tree is None:
        return Fault(sentence("unprovable", words, language=language.name or language.id), can_be_repaired=False)
    # After a syntax error the shape of the tree is arbitrary: then only the tokens are compared.
    shape = not (old_tree.root_node.has_error or new_tree.root_node.has_error)
    old, new = list(_code_of(language, old_tree, before)), list(_code_of(language, new_tree, after))
    if not shape:
        old, new = [leaf for leaf in old if leaf.text], [leaf for leaf in new if leaf.text]
    old_directives = list(_directives(language, old_tree, before))
    new_directives = list(_directives(language, new_tree, after))
    return _first_difference(old, new, after, words, shape=shape) or _first_difference(
        old_directives, new_directives, after, words, shape=True
    )


def _first_difference(
    old: list[_Leaf], new: list[_Leaf], after: str, words: HumanLanguage, *, shape: bool
) -> Fault | None:
    for was, now in zip(old, new, strict=False):
        if not was.equals(now, shape=shape):
            return _difference(was, now, words)
    if len(old) != len(new):
        end = _Leaf(0, "", b"", after.count("\n"))
        was, now = (old[len(new)], end) if len(old) > len(new) else (end, new[len(old)])
        return _difference(was, now, words)
    return None


def _difference(was: _Leaf, now: _Leaf, words: HumanLanguage) -> Fault:
    def named(leaf: _Leaf) -> str:
        return repr((leaf.text.decode("utf-8", "replace") or leaf.kind or "…")[:MAX_SHOWN_CHARS])

    return Fault(sentence("more_than_comments", words, line=now.line + 1, before=named(was), after=named(now)))


def _parsed(language: Language, code: str) -> tree_sitter.Tree | None:
    grammar = grammar_of(language.id)
    if grammar is None or len(code) > MAX_CHECKED_CHARS:
        return None
    shared, _ = grammar
    if shared.language is None:
        return None
    # A parser of our own: the shared one belongs to whoever indexes.
    return tree_sitter.Parser(shared.language).parse(code.encode("utf-8", "replace"))


def _walk(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    nodes = [root]
    while nodes:
        node = nodes.pop()
        yield node
        nodes += reversed(node.children)


def _code_of(language: Language, tree: tree_sitter.Tree, code: str) -> Iterator[_Leaf]:
    """Yield the nodes that are code, in order."""
    source = code.encode("utf-8", "replace")
    nodes = [(tree.root_node, 0)]
    while nodes:
        node, depth = nodes.pop()
        if "comment" in node.type and _ends_statement(language, node, source):
            yield _Leaf(0, "line end", b"\n", node.start_point[0])
        if "comment" in node.type or not node.type.strip() or _is_docstring(node):
            continue  # some grammars have a token for a line end, whose type is white space
        children = node.children
        yield _Leaf(depth, node.type, _own_text(node, children, source), node.start_point[0])
        nodes += [(child, depth + 1) for child in reversed(children)]


def _own_text(node: tree_sitter.Node, children: list[tree_sitter.Node], source: bytes) -> bytes:
    """Return the text of a node that is in none of its children: of a Python string what is between escapes."""
    if not children:
        return _without_comments(node.text or b"") if node.type == "preproc_arg" else node.text or b""
    starts = [*(child.start_byte for child in children), node.end_byte]
    ends = [node.start_byte, *(child.end_byte for child in children)]
    between = [source[end:start] for end, start in zip(ends, starts, strict=True)]
    if node.type in {"string", "string_content", "interpolation"}:
        return b"\0".join(between)
    return b"".join(b"".join(between).split())  # elsewhere white space has no meaning


def _without_comments(macro: bytes) -> bytes:
    if re.search(rb"//[^\n]*\\\n", macro):
        return macro  # a comment that takes the next line with it
    return IN_MACRO.sub(lambda found: found[1] or b" ", macro).strip()


def _ends_statement(language: Language, comment: tree_sitter.Node, source: bytes) -> bool:
    """True if a comment acts as the line end in it: there is code before and after it on its lines."""
    if language.id not in LINES_END_STATEMENTS or comment.start_point[0] == comment.end_point[0]:
        return False
    line_end = source.find(b"\n", comment.end_byte)
    before = source[source.rfind(b"\n", 0, comment.start_byte) + 1 : comment.start_byte]
    after = source[comment.end_byte : line_end if line_end >= 0 else len(source)]
    return bool(before.strip() and after.strip())


def _directives(language: Language, tree: tree_sitter.Tree, code: str) -> Iterator[_Leaf]:
    """Yield the directives, each with the number of tokens before it as its depth."""
    source = code.encode("utf-8", "replace")
    cgo = CGO.search(source) if language.id == "go" else None
    tokens, nodes = 0, [tree.root_node]
    while nodes:
        node = nodes.pop()
        if "comment" in node.type:
            text = (node.text or b"").rstrip(b"\n")
            is_preamble = cgo is not None and tokens > 0 and node.end_byte <= cgo.start()
            if is_preamble or is_directive(language.id, text) or _is_misplaced_doc(node):
                row = node.start_point[0]
                line = source[source.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
                # After code it is about that line; #! and an encoding count in a file's first lines only.
                place = f"{bool(line.strip())} {min(row, 2) if text.startswith(b'#!') or b'coding' in text else ''}"
                yield _Leaf(tokens, place, text, row)
        elif not _is_docstring(node):
            nodes += reversed(node.children)
            tokens += not node.children and bool(node.type.strip())


def _is_misplaced_doc(comment: tree_sitter.Node) -> bool:
    """True if a doc comment of Rust, which is an attribute, is where none is allowed."""
    kinds = {child.type for child in comment.named_children}
    if not kinds & {"outer_doc_comment_marker", "inner_doc_comment_marker"}:
        return False
    near, inner = comment, "inner_doc_comment_marker" in kinds
    while (other := near.prev_named_sibling if inner else near.next_named_sibling) and "comment" in other.type:
        near = other
    in_macro = comment.parent is not None and comment.parent.type == "token_tree"
    return in_macro or (other is not None) == inner


def _is_docstring(node: tree_sitter.Node) -> bool:
    """True for a Python string that is the first statement of its module, class or function."""
    if node.type != "expression_statement" or node.named_child_count != 1:
        return False
    (inner,) = node.named_children
    parent = node.parent
    if inner.type != "string" or parent is None or parent.type not in {"module", "block"}:
        return False
    first = next((child for child in parent.named_children if "comment" not in child.type), None)
    holder = parent.parent
    is_body = parent.type == "module" or (
        holder is not None and holder.type in {"function_definition", "class_definition"}
    )
    return first == node and is_body and not (inner.text or b"").lstrip().lower().startswith((b"f", b"b", b"rb", b"rf"))
