"""Declaration: C++ declares a member in a class and defines it elsewhere; where one of the two was added, the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.context.source import Source
from engine.next_edit.places import edited_lines
from engine.next_edit.tokens import indent_of
from engine.next_edit.values import Candidate, Situation

RECENT_HUNKS = 4
MAX_FILES = 4
_DEFINITION = re.compile(
    r"^(?P<type>[\w:<>,&*\s]+?[\s&*])?(?P<owner>\w+)::(?P<name>~?\w+)(?P<rest>\([^;{}]*\)(?:\s*(?:const|noexcept))*)"
)
_CLASS = re.compile(r"\s*(?:class|struct)\s+(?:\w+\s+)?(?P<name>\w+)\b[^;{}]*\{?\s*$")
_DECLARATION = re.compile(
    r"^\s+(?P<prefix>(?:static|virtual|explicit|inline)\s+)*(?P<type>[\w:<>,&*\s]+?[\s&*])?(?P<name>~?\w+)"
    r"(?P<rest>\([^;{}]*\)(?:\s*(?:const|noexcept))*)(?:\s*override)?\s*;\s*$"
)


class _Member(NamedTuple):
    type: str
    owner: str
    name: str
    rest: str


def find_declarations(situation: Situation) -> Iterator[Candidate]:
    if situation.source.family.id != "c":
        return
    for hunk in reversed(situation.trail.hunks[-RECENT_HUNKS:]):
        before = "\n".join(hunk.before)
        for at, line in enumerate(hunk.after):
            if (defined := _DEFINITION.match(line)) and f"::{defined['name']}" not in before:
                yield from _declare(situation, _Member(*(defined[part] or "" for part in _Member._fields)))
            elif (declared := _DECLARATION.match(line)) and declared["name"] not in before:
                source = situation.source if hunk.path == situation.source.path else situation.files.read(hunk.path)
                owner = _class_around(source, hunk.line + at) if source else ""
                if owner:
                    member = _Member(declared["type"] or "", owner, declared["name"], declared["rest"])
                    yield from _define(situation, member)


def _classes(source: Source) -> Iterator[tuple[str, range]]:
    """Return each class and its lines. By plain text: a header's grammar is C's."""
    for start, line in enumerate(source.lines):
        if not (opened := _CLASS.match(line)):
            continue
        closing = f"{indent_of(line)}}}"
        end = next((at for at in range(start + 1, len(source.lines)) if source.lines[at].startswith(closing)), None)
        if end is not None:
            yield opened["name"], range(start + 1, end)


def _class_around(source: Source, line: int) -> str:
    around = [name for name, lines in _classes(source) if line in lines]
    return around[-1] if around else ""


def _declare(situation: Situation, member: _Member) -> Iterator[Candidate]:
    """Declare a member below the last one that its class declares."""
    for path in dict.fromkeys(
        [situation.source.path, *situation.files.using(member.owner, situation.source, MAX_FILES)]
    ):
        source = situation.source if path == situation.source.path else situation.files.read(path)
        if source is None:
            continue
        for name, lines in _classes(source):
            if name != member.owner:
                continue
            declared = [line for line in lines if _DECLARATION.match(source.lines[line])]
            if not declared or any(
                re.search(rf"\b{re.escape(member.name)}\s*\(", source.lines[line]) for line in lines
            ):
                continue
            new = f"{indent_of(source.lines[declared[-1]])}{member.type}{member.name}{member.rest};"
            at = declared[-1] + 1
            reason = f"{member.owner}::{member.name} is defined"
            yield Candidate(path, at, at, (new,), "declaration", reason)
            return


def _define(situation: Situation, member: _Member) -> Iterator[Candidate]:
    """Begin the definition of a member on a blank line that the user has gone to, among those of its class."""
    source, line = situation.source, situation.line
    own = edited_lines(situation.trail.hunks, source.path)
    defines = re.compile(rf"\b{re.escape(member.owner)}::(~?\w+)\s*\(")
    defined = set(defines.findall(source.text))
    is_blank = line < len(source.lines) and not source.lines[line].strip() and own & {line, line + 1}
    if is_blank and defined and member.name not in defined:
        new = f"{member.type}{member.owner}::{member.name}{member.rest}"
        yield Candidate(
            source.path, line, line + 1, (new,), "declaration", f"{member.owner}::{member.name} is declared"
        )
