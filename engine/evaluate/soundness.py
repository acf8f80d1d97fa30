"""Whether a suggestion leaves a file as sound as it found it. Knows nothing of the filters that see to it.

Brackets are counted among the tokens that tree-sitter finds in the whole file, before and after.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import tree_sitter

from engine.context.grammars import grammar_of
from engine.text import indent_width

PAIRS = {"(": ")", "[": "]", "{": "}", "${": "}", "#{": "}"}
MIN_LINE_CHARS = 3  # of a line that is written twice, for that to be a fault: `}` comes again and again
MIN_OVERLAP_CHARS = 3


def faults(text: str, offset: int, suggestion: str, language_id: str) -> list[str]:
    """What `suggestion`, inserted at `offset`, breaks: "suffix", "brackets", "indentation". All has LF line ends."""
    checks = {
        "suffix": repeats_suffix(text[:offset], suggestion, text[offset:]),
        "brackets": unbalances(text, offset, suggestion, language_id),
        "indentation": breaks_indentation(text, offset, suggestion),
    }
    return [name for name, broken in checks.items() if broken]


def repeats_suffix(prefix: str, suggestion: str, suffix: str) -> bool:
    """Whether the suggestion ends as the line behind the cursor begins, or has the next line among its lines."""
    said = suggestion.rstrip()
    rest, _, below = suffix.partition("\n")
    rest = rest.strip()
    # What is short and all brackets is for the count of brackets to judge: `f(|)` may well become `f(g(x))`.
    lengths = {len(rest)} if rest.strip("()[]{}") else set()
    lengths |= set(range(MIN_OVERLAP_CHARS, len(rest)))
    if any(said.endswith(rest[:length]) and rest[:length].strip("()[]{}") for length in lengths if length):
        return True
    next_line = next((line.rstrip() for line in below.split("\n") if line.strip()), "")
    if sum(char.isalnum() for char in next_line) < MIN_LINE_CHARS:
        return False
    lines = (prefix[prefix.rfind("\n") + 1 :] + suggestion).split("\n")
    return next_line in {line.rstrip() for line in lines}


def unbalances(text: str, offset: int, suggestion: str, language_id: str) -> bool:
    """Whether brackets lack their partner of which none did before; without a grammar nothing is known."""
    grammar = grammar_of(language_id)
    if grammar is None:
        return False
    parser, _ = grammar
    return not _lonely(parser, text) and _lonely(parser, text[:offset] + suggestion + text[offset:]) > 0


def _lonely(parser: tree_sitter.Parser, text: str) -> int:
    """How many brackets have no partner."""
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
    lonely = 0
    for bracket in brackets:
        if bracket in PAIRS:
            stack.append(bracket)
        elif stack and PAIRS[stack[-1]] == bracket:
            stack.pop()
        else:
            lonely += 1
    return lonely + len(stack)


def breaks_indentation(text: str, offset: int, suggestion: str) -> bool:
    """Whether new lines are indented by another sign than the file's, or step in by a width it has nowhere.

    A line may go back only to where a line above stands.
    """
    start = text.rfind("\n", 0, offset) + 1
    before = text[start:offset]
    lines = (before + suggestion).split("\n")
    own = [line for line in text[:start].split("\n") + text[offset:].split("\n")[1:] if line.strip()]
    signs = Counter(line[0] for line in own if line[0] in " \t")
    new = [line for line in (lines[1:] if before.strip() else lines) if line.strip()]
    if len(signs) == 1 and any(line[0] in " \t" and line[0] not in signs for line in new):
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
