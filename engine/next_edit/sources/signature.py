"""Signature: a function's parameters were changed; its calls."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.context.source import Source
from engine.next_edit.examples import Example, examples_of
from engine.next_edit.places import block_around, edited_lines, lines_with, nearest_first
from engine.next_edit.tokens import is_identifier, words_of
from engine.next_edit.values import Candidate, Hunk, Situation

RECENT_HUNKS = 4
MAX_FILES = 4
MAX_CALLS = 6
_PARAMETERS = re.compile(r"([\w$]+)\s*\(")
_OPENERS = {"(": ")", "[": "]", "{": "}", "<": ">"}


def find_calls(situation: Situation) -> Iterator[Candidate]:
    for hunk in reversed(situation.trail.hunks[-RECENT_HUNKS:]):
        source = situation.source if hunk.path == situation.source.path else situation.files.read(hunk.path)
        if source is None:
            continue
        for example in examples_of(hunk):
            yield from _of_example(situation, source, hunk, example)


def _of_example(situation: Situation, home: Source, hunk: Hunk, example: Example) -> Iterator[Candidate]:
    declared = set(home.declarations.on(hunk.line + example.line))
    for found in _PARAMETERS.finditer(example.after):
        name = found.group(1)
        before = re.search(rf"(?<![\w$]){re.escape(name)}\s*\(", example.before)
        if name not in declared or before is None:
            continue
        old, new = (split_list(text, at) for text, at in ((example.before, before.end()), (example.after, found.end())))
        if old is None or new is None or old[0] == new[0]:
            continue
        names = [[parameter_name(each) for each in each_list] for each_list, _ in (old, new)]
        for path in dict.fromkeys([home.path, *situation.files.using(name, home, MAX_FILES)]):
            source = home if path == home.path else situation.files.read(path)
            if source is not None:
                yield from _calls(situation, source, name, names[0], names[1])


def _calls(situation: Situation, source: Source, name: str, old: list[str], new: list[str]) -> Iterator[Candidate]:
    taken = edited_lines(situation.trail.hunks, source.path)
    cursor = situation.line if source.path == situation.source.path else 0
    count = 0
    for line in nearest_first(lines_with(source, name), cursor):
        text = source.lines[line]
        found = re.search(rf"(?<![\w$]){re.escape(name)}\s*\(", text)
        if found is None or line in taken or name in source.declarations.on(line):
            continue
        call = split_list(text, found.end())
        given = old[1:] if call and old[:1] in (["self"], ["cls"]) and len(call[0]) == len(old) - 1 else old
        wanted = new[1:] if given is not old else new
        if call is None or len(call[0]) != len(given):
            continue
        arguments = dict(zip(given, call[0], strict=True))
        known = _words_around(source, line)
        if any(each not in arguments and each not in known for each in wanted):
            continue  # what to write cannot be told
        listed = ", ".join(arguments.get(each, each) for each in wanted)
        changed = text[: found.end()] + listed + text[call[1] :]
        if changed != text:
            reason = f"the parameters of {name} have changed"
            yield Candidate(source.path, line, line + 1, (changed,), "signature", reason)
            count += 1
            if count == MAX_CALLS:
                return


def split_list(text: str, start: int) -> tuple[list[str], int] | None:
    """Return (what stands between the commas up to the closing bracket, its offset); None if it does not close."""
    parts: list[str] = []
    depth, at = 0, start
    begin = start
    while at < len(text):
        character = text[at]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            if depth == 0:
                last = text[begin:at].strip()
                return ([*parts, last] if last or parts else []), at
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
        at += 1
    return None


def parameter_name(text: str) -> str:
    """Return the name that a parameter declares: before a colon or a default, else the last word."""
    head = re.split(r"[:=]", text, maxsplit=1)[0]
    words = [word for word in words_of(head) if is_identifier(word)]
    return words[-1] if words else text


def _words_around(source: Source, line: int) -> set[str]:
    block = block_around(source, line)
    return set(words_of("\n".join(source.lines[block.start : line]))) if block else set()
