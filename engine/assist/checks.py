"""What is proven of code before it is shown: that its grammar reads it, and that a comment changed no code.

Trees are compared, not texts: node by node in order, with depth and type, and the text of each leaf. Comments are left
out, and in Python the strings that stand alone at the head of a body, which are its comments. Comments that are read by
more than people (`engine.assist.directives`) must stay as they are, between the same tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from engine.assist.directives import is_directive
from engine.assist.wording import say
from engine.context.grammars import grammar_of
from engine.languages import Language
from engine.prompt.system_prompts import HumanLanguage

MAX_SHOWN_CHARS = 80  # of a line that is quoted
MAX_CHECKED_CHARS = 2_000_000
# Languages in which a line end may end a statement, and so may a comment over several lines.
LINES_END_STATEMENTS = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact", "go"})
CGO = re.compile(rb"^import\s+\"C\"", re.MULTILINE)
# What a macro stands for is one token to the grammar, comments and all.
IN_MACRO = re.compile(rb"(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|/\*.*?\*/|//[^\n]*", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """What is wrong with code, for a person and for the model that is to repair it, where it can."""

    message: str
    can_be_repaired: bool = True


@dataclass(frozen=True)
class _Leaf:
    """One node of a tree as it is compared. `line` counts from 0 and does not take part."""

    depth: int
    kind: str
    text: bytes
    line: int

    def same(self, other: _Leaf, *, shape: bool) -> bool:
        return self.text == other.text and (not shape or (self.depth, self.kind) == (other.depth, other.kind))


def can_parse(language: Language) -> bool:
    return grammar_of(language.id) is not None


def parse_fault(language: Language, code: str, words: HumanLanguage, allowed: int = 0) -> Fault | None:
    """The first place a grammar cannot read, where there are more than `allowed` such places.

    None where the code is read, and where we have no grammar.
    """
    tree = _parsed(language, code)
    if tree is None:
        return None
    errors = [node.start_point[0] for node in _walk(tree.root_node) if node.is_error or node.is_missing]
    if len(errors) <= allowed:
        return None
    line = errors[0]
    text = code.split("\n")[line].strip()[:MAX_SHOWN_CHARS]
    return Fault(say("does_not_parse", words, language=language.name, line=line + 1, text=text))


def parse_errors(language: Language, code: str) -> int:
    """How many places of a text its grammar cannot read: half-written code has some before anybody touches it."""
    tree = _parsed(language, code)
    return 0 if tree is None else sum(node.is_error or node.is_missing for node in _walk(tree.root_node))


def swallowed_fault(language: Language, after: str, end: int, words: HumanLanguage) -> Fault | None:
    """Where what follows an edit in its last line, of which `end` is the end in `after`, is now part of a comment."""
    rest = after[end:].partition("\n")[0]
    tree = _parsed(language, after) if rest.strip() else None
    if tree is None:
        return None
    at = len(after[: end + len(rest) - len(rest.lstrip())].encode("utf-8", "replace"))
    node = tree.root_node.descendant_for_byte_range(at, at + 1)
    while node is not None and "comment" not in node.type:
        node = node.parent
    if node is None or node.start_byte >= at:  # a comment that stood there
        return None
    return Fault(say("swallowed", words, text=rest.strip()[:MAX_SHOWN_CHARS]))


def comments_only_fault(language: Language, before: str, after: str, words: HumanLanguage) -> Fault | None:
    """Where `after` is not `before` with other comments; None where it is proven that it is.

    Of a language without a grammar nothing is proven, which is a fault of its own unless nothing changed.
    """
    if before == after:
        return None
    old_tree, new_tree = _parsed(language, before), _parsed(language, after)
    if old_tree is None or new_tree is None:
        return Fault(say("unprovable", words, language=language.name or language.id), can_be_repaired=False)
    # What a grammar cannot read it recovers from as it can: there the tokens alone are compared.
    shape = not (old_tree.root_node.has_error or new_tree.root_node.has_error)
    old, new = list(_code_of(language, old_tree, before)), list(_code_of(language, new_tree, after))
    if not shape:
        old, new = [leaf for leaf in old if leaf.text], [leaf for leaf in new if leaf.text]
    old_said, new_said = list(_directives(language, old_tree, before)), list(_directives(language, new_tree, after))
    return _first_difference(old, new, after, words, shape=shape) or _first_difference(
        old_said, new_said, after, words, shape=True
    )


def _first_difference(
    old: list[_Leaf], new: list[_Leaf], after: str, words: HumanLanguage, *, shape: bool
) -> Fault | None:
    for was, now in zip(old, new, strict=False):
        if not was.same(now, shape=shape):
            return _difference(was, now, words)
    if len(old) != len(new):
        end = _Leaf(0, "", b"", after.count("\n"))
        was, now = (old[len(new)], end) if len(old) > len(new) else (end, new[len(old)])
        return _difference(was, now, words)
    return None


def _difference(was: _Leaf, now: _Leaf, words: HumanLanguage) -> Fault:
    def named(leaf: _Leaf) -> str:
        return repr((leaf.text.decode("utf-8", "replace") or leaf.kind or "…")[:MAX_SHOWN_CHARS])

    return Fault(say("more_than_comments", words, line=now.line + 1, before=named(was), after=named(now)))


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
    """The nodes that are code, in order."""
    source = code.encode("utf-8", "replace")
    nodes = [(tree.root_node, 0)]
    while nodes:
        node, depth = nodes.pop()
        if "comment" in node.type and _ends_statement(language, node, source):
            yield _Leaf(0, "line end", b"\n", node.start_point[0])
        if "comment" in node.type or not node.type.strip() or _is_docstring(node):
            continue  # a type of white space is the end of a line, where a grammar has tokens for these
        children = node.children
        yield _Leaf(depth, node.type, _own_text(node, children, source), node.start_point[0])
        nodes += [(child, depth + 1) for child in reversed(children)]


def _own_text(node: tree_sitter.Node, children: list[tree_sitter.Node], source: bytes) -> bytes:
    """What of a node's text no child holds: all of a leaf's; of a Python string what stands between escapes."""
    if not children:
        return _without_comments(node.text or b"") if node.type == "preproc_arg" else node.text or b""
    starts = [*(child.start_byte for child in children), node.end_byte]
    ends = [node.start_byte, *(child.end_byte for child in children)]
    between = [source[end:start] for end, start in zip(ends, starts, strict=True)]
    if node.type in {"string", "string_content", "interpolation"}:
        return b"\0".join(between)
    return b"".join(b"".join(between).split())  # elsewhere white space says nothing


def _without_comments(macro: bytes) -> bytes:
    if re.search(rb"//[^\n]*\\\n", macro):
        return macro  # a comment that takes the next line with it
    return IN_MACRO.sub(lambda found: found[1] or b" ", macro).strip()


def _ends_statement(language: Language, comment: tree_sitter.Node, source: bytes) -> bool:
    """Whether a comment stands for the line end it holds: code stands before and behind it in its lines."""
    if language.id not in LINES_END_STATEMENTS or comment.start_point[0] == comment.end_point[0]:
        return False
    line_end = source.find(b"\n", comment.end_byte)
    before = source[source.rfind(b"\n", 0, comment.start_byte) + 1 : comment.start_byte]
    behind = source[comment.end_byte : line_end if line_end >= 0 else len(source)]
    return bool(before.strip() and behind.strip())


def _directives(language: Language, tree: tree_sitter.Tree, code: str) -> Iterator[_Leaf]:
    """The comments that are more than comments, each with the number of tokens before it as its depth."""
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
                # Behind code it is about that line; #! and an encoding count in a file's first lines only.
                place = f"{bool(line.strip())} {min(row, 2) if text.startswith(b'#!') or b'coding' in text else ''}"
                yield _Leaf(tokens, place, text, row)
        elif not _is_docstring(node):
            nodes += reversed(node.children)
            tokens += not node.children and bool(node.type.strip())


def _is_misplaced_doc(comment: tree_sitter.Node) -> bool:
    """Whether a doc comment of Rust, which is an attribute, stands where none may."""
    kinds = {child.type for child in comment.named_children}
    if not kinds & {"outer_doc_comment_marker", "inner_doc_comment_marker"}:
        return False
    beside, inner = comment, "inner_doc_comment_marker" in kinds
    while (other := beside.prev_named_sibling if inner else beside.next_named_sibling) and "comment" in other.type:
        beside = other
    in_macro = comment.parent is not None and comment.parent.type == "token_tree"
    return in_macro or (other is not None) == inner


def _is_docstring(node: tree_sitter.Node) -> bool:
    """A Python string that stands alone, first in its module, class or function."""
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
