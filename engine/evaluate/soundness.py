"""Whether a suggestion leaves a file as sound as it was. Knows nothing of the filters that ensure it.

Brackets are counted among the tokens that tree-sitter finds in the whole file, before and after.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import tree_sitter

from engine.context.grammars import grammar_of
from engine.text import indent_width

PAIRS = {"(": ")", "[": "]", "{": "}", "${": "}", "#{": "}"}
MIN_LINE_CHARS = 3  # of a repeated line, for that to be a fault: lines like `}` repeat all the time
MIN_OVERLAP_CHARS = 3


def find_faults(text: str, offset: int, suggestion: str, language_id: str) -> list[str]:
    """Return what `suggestion`, inserted at `offset`, breaks: "suffix", "brackets", "indentation". Line ends are LF."""
    checks = {
        "suffix": repeats_suffix(text[:offset], suggestion, text[offset:]),
        "brackets": unbalances(text, offset, suggestion, language_id),
        "indentation": breaks_indentation(text, offset, suggestion),
    }
    return [name for name, broken in checks.items() if broken]


def repeats_suffix(prefix: str, suggestion: str, suffix: str) -> bool:
    """True if the suggestion ends with what follows the cursor in its line, or contains the next line."""
    shown = suggestion.rstrip()
    rest, _, below = suffix.partition("\n")
    rest = rest.strip()
    # A short run of brackets is left to the count of brackets: `f(|)` may well become `f(g(x))`.
    lengths = {len(rest)} if rest.strip("()[]{}") else set()
    lengths |= set(range(MIN_OVERLAP_CHARS, len(rest)))
    if any(shown.endswith(rest[:length]) and rest[:length].strip("()[]{}") for length in lengths if length):
        return True
    next_line = next((line.rstrip() for line in below.split("\n") if line.strip()), "")
    if sum(char.isalnum() for char in next_line) < MIN_LINE_CHARS:
        return False
    lines = (prefix[prefix.rfind("\n") + 1 :] + suggestion).split("\n")
    return next_line in {line.rstrip() for line in lines}


def unbalances(text: str, offset: int, suggestion: str, language_id: str) -> bool:
    """True if brackets are unmatched and none was before. False without a grammar."""
    grammar = grammar_of(language_id)
    if grammar is None:
        return False
    parser, _ = grammar
    return (
        not _count_unmatched(parser, text) and _count_unmatched(parser, text[:offset] + suggestion + text[offset:]) > 0
    )


def _count_unmatched(parser: tree_sitter.Parser, text: str) -> int:
    """Return how many brackets have no partner."""
    found: list[str] = []
    cursor = parser.parse(text.encode()).walk()
    while True:
        if cursor.goto_first_child():
            continue
        node = cursor.node
        if node and (node.type in PAIRS or node.type in PAIRS.values()) and not node.is_missing:
            found.append(node.type)
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return _without_partner(found)


def _without_partner(brackets: list[str]) -> int:
    stack: list[str] = []
    unmatched = 0
    for bracket in brackets:
        if bracket in PAIRS:
            stack.append(bracket)
        elif stack and PAIRS[stack[-1]] == bracket:
            stack.pop()
        else:
            unmatched += 1
    return unmatched + len(stack)


def breaks_indentation(text: str, offset: int, suggestion: str) -> bool:
    """True if new lines are indented by another character than the file's, or by a width that occurs nowhere in it.

    A line may only return to the indentation of a line above.
    """
    start = text.rfind("\n", 0, offset) + 1
    before = text[start:offset]
    lines = (before + suggestion).split("\n")
    own = [line for line in text[:start].split("\n") + text[offset:].split("\n")[1:] if line.strip()]
    indents = Counter(line[0] for line in own if line[0] in " \t")
    new = [line for line in (lines[1:] if before.strip() else lines) if line.strip()]
    if len(indents) == 1 and any(line[0] in " \t" and line[0] not in indents for line in new):
        return True
    if len(lines) == 1:
        return bool(not before.strip() and before and suggestion[:1] in {" ", "\t"})
    steps = {indent_width(below) - indent_width(above) for above, below in pairwise(own)}
    above = [indent_width(line) for line in own[: len([line for line in text[:start].split("\n") if line.strip()])]]
    solid = [line for line in lines if line.strip()]
    for one, other in pairwise(solid):
        step = indent_width(other) - indent_width(one)
        above.append(indent_width(one))
        opens = one.rstrip().endswith(("{", ":"))
        if (opens and steps and step > 0 and step not in steps) or (step < 0 and indent_width(other) not in above):
            return True
    return False
