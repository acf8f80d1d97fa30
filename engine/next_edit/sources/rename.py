"""Rename: a name was replaced by another; the lines that still have the old one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from engine.context.outline import Declaration
from engine.context.source import Source
from engine.context.syntax import COMMENTARY
from engine.next_edit.examples import Example, examples_of
from engine.next_edit.places import block_around, closeness, edited_lines, kinship, lines_with, nearest_first, runs
from engine.next_edit.roles import role_at
from engine.next_edit.template import substitute
from engine.next_edit.tokens import is_identifier, tokenize, word_pattern, words_of
from engine.next_edit.values import Candidate, Hunk, Situation

RECENT_HUNKS = 12
MAX_PLACES = 6  #  of one renaming in the file with the cursor
MAX_FILES = 3
MAX_PLACES_ELSEWHERE = 2  # of each other file
MAX_HOMES = 4
MAX_RENAMINGS = 6
MAX_RENAMINGS_ELSEWHERE = 2
MIN_CHARS = 2
ECHO_LINES = 2  # a comment's new word is echoed in the lines below it
MAX_RUN = 3  # neighbouring lines that change as one
NO_TYPES = frozenset({
    "return", "new", "await", "throw", "typeof", "in", "of", "case", "else", "not", "and", "or", "if", "is", "yield",
    "delete", "instanceof",
})  # fmt: skip
JOINTS = (".", "->", ":")
DECLARES = ("=", ":", ",", ")")


@dataclass
class Renaming:
    """`old` became `new`, at `uses`."""

    old: str
    new: str
    uses: list[tuple[Hunk, Example, int]] = field(default_factory=list)  # the last is the index of the old token
    is_loose: bool = False  # other words came with the new name

    @property
    def is_pure(self) -> bool:
        """True if nothing but names was replaced along with it."""
        return all(_is_pure(example) for _, example, _ in self.uses)

    @property
    def has_pure_use(self) -> bool:
        return any(_is_pure(example) for _, example, _ in self.uses)

    def lines(self, path: str) -> list[int]:
        return [hunk.line + example.line for hunk, example, _ in self.uses if hunk.path == path]


def _is_pure(example: Example) -> bool:
    return all(
        example.removed(each) and len(example.removed(each)) == len(example.added(each)) for each in example.operations
    )


def find_renames(situation: Situation) -> Iterator[Candidate]:
    hunks = situation.trail.hunks[-RECENT_HUNKS:]
    every = renamings(hunks, situation.source.family.keywords)[:MAX_RENAMINGS]
    for position, renaming in enumerate(every):
        numbers = {hunk.number for hunk, _, _ in renaming.uses}
        # What became other in the same hunk becomes other with it here.
        along = {each.old: each.new for each in every if any(hunk.number in numbers for hunk, _, _ in each.uses)}
        yield from _in_file(situation, renaming, situation.source, along)
        if position >= MAX_RENAMINGS_ELSEWHERE:
            continue
        paths = situation.files.using(renaming.old, situation.source, MAX_FILES)
        for path in [path for path in paths if path != situation.source.path]:
            if source := situation.files.read(path):
                yield from _in_file(situation, renaming, source, along)


def renamings(hunks: tuple[Hunk, ...], keywords: frozenset[str]) -> list[Renaming]:
    """Return what was renamed in these hunks, what was renamed last first."""
    found: dict[tuple[str, str], Renaming] = {}
    for hunk in reversed(hunks):
        for example in examples_of(hunk):
            for old, new, at, is_loose in _replaced_names(example):
                if old in keywords or new in keywords or (new, old) in found or min(len(old), len(new)) < MIN_CHARS:
                    continue
                renaming = found.setdefault((old, new), Renaming(old, new))
                renaming.uses.append((hunk, example, at))
                renaming.is_loose |= is_loose
    newest: dict[str, Renaming] = {}
    for renaming in found.values():
        if renaming.is_loose or renaming.has_pure_use:
            newest.setdefault(renaming.old, renaming)
    return list(newest.values())


def _replaced_names(example: Example) -> Iterator[tuple[str, str, int, bool]]:
    """Return (old name, new name, index of the old token, True if more than the name came)."""
    for operation in example.operations:
        removed, added = example.removed(operation), example.added(operation)
        if len(removed) == len(added):
            for at, (old, new) in enumerate(zip(removed, added, strict=True)):
                if is_identifier(old) and is_identifier(new) and old != new:
                    yield old, new, operation.start + at, False
        elif len(removed) == 1 and is_identifier(removed[0]) and COMMENTARY.match(example.before):
            ends = [is_identifier(word) for word in added[:2]]  # "height," in the place of "age"
            if ends == [True, False]:
                yield removed[0], added[0], operation.start, True


def _in_file(situation: Situation, renaming: Renaming, source: Source, along: Mapping[str, str]) -> Iterator[Candidate]:
    path, is_here = source.path, source.path == situation.source.path
    taken = edited_lines(situation.trail.hunks, path)
    holding = lines_with(source, renaming.old)
    left = [line for line in holding if line not in taken]
    if not left:
        return
    made = renaming.lines(path)
    cursor = situation.line if is_here else 0
    chosen = nearest_first(left, cursor)[: MAX_PLACES if is_here else MAX_PLACES_ELSEWHERE]
    common = _file_signals(situation, renaming, source, left, made)
    homes = _homes(situation, renaming)
    for start, end in runs(chosen, MAX_RUN):
        lines = tuple(substitute(source.lines[line], along) for line in range(start, end))
        each = [_line_signals(renaming, source, line, homes) for line in range(start, end)]
        signals = {name: min(one[name] for one in each) for name in each[0]}
        place = {
            "closeness": closeness(start, cursor) if is_here else 0.0,
            "below": float(is_here and start >= cursor),
            "run": float(end - start - 1),
        }
        hints = {
            "certain": min(common["dangling"], signals["declared_in_block"], signals["same_role"]),
            "orphaned": float(
                not is_here and situation.source.path != path and _is_orphaned(situation, renaming, common)
            ),
            "echo": min(common["loose"], common["is_last"], float(is_here and 0 <= start - cursor <= ECHO_LINES)),
        }
        reason = f"{renaming.old} became {renaming.new}"
        yield Candidate(path, start, end, lines, "rename", reason, {**common, **signals, **place, **hints})


def _file_signals(
    situation: Situation, renaming: Renaming, source: Source, left: list[int], made: list[int]
) -> Mapping[str, float]:
    last = situation.trail.hunks[-1].number
    hunks = {hunk.number for hunk, _, _ in renaming.uses}
    declaring = [_is_declaration(example, at) for _, example, at in renaming.uses]
    known_before = [line for line in lines_with(source, renaming.new) if line not in made]
    skipped = [line for line in left if made and min(made) < line < max(made)]
    still_declared = _is_still_declared(source, renaming)
    return {
        "examples": math.log(len(renaming.uses)),
        "hunks": math.log(len(hunks)),
        "is_last": float(max(hunks) == last),
        "age": min(8, sum(1 for hunk in situation.trail.hunks if hunk.number > max(hunks))) / 8,
        "declares": float(any(declaring)),
        "still_declared": float(still_declared),
        "both_declared": float(still_declared and renaming.new in source.declared),
        "dangling": float(any(declaring) and not still_declared and not _is_declared_on(source, renaming.old, left)),
        "now_declared": float(renaming.new in source.declared),
        "new_known": min(3.0, math.log1p(len(known_before))),
        "places": min(4.0, math.log(len(left))),
        "skipped": min(3.0, math.log1p(len(skipped))),
        "done": len(made) / (len(made) + len(left)),
        "repeated": float(len(hunks) > 1),
        "likeness": SequenceMatcher(None, renaming.old.lower(), renaming.new.lower()).ratio(),
        "length": min(16, len(renaming.old)) / 16,
        "pure": float(renaming.is_pure),
        "loose": float(renaming.is_loose),
        "elsewhere": float(not made),
        "kinship": kinship(situation.source.path, source.path),
    }


def _is_orphaned(situation: Situation, renaming: Renaming, common: Mapping[str, float]) -> bool:
    """True if the declaration itself was renamed, and no file of the workspace declares the old name any more."""
    if not common["declares"] or renaming.new not in situation.source.declared:
        return False
    return not situation.files.declaring(renaming.old, situation.source, 1)


def _is_still_declared(source: Source, renaming: Renaming) -> bool:
    """True if another declaration of the old name is left. A renamed class' own constructors are none."""
    outline = source.declarations
    for position in outline.named({renaming.old}):
        declaration = outline[position]
        parent = outline[declaration.parent].name if declaration.parent >= 0 else ""
        if (
            parent != renaming.new
            and f"{renaming.old}::" not in source.lines[min(declaration.start, len(source.lines) - 1)]
        ):
            return True
    return False


def _is_declared_on(source: Source, name: str, lines: list[int]) -> bool:
    """True if one of the lines seems to declare a name: a type or the like stands before it."""
    for line in lines:
        words = words_of(source.lines[line])
        for at, word in enumerate(words):
            if word == name and at and is_identifier(words[at - 1]) and words[at - 1] not in NO_TYPES:
                return True
    return False


@dataclass(frozen=True)
class Home:
    """Where a use of the new name stands."""

    path: str
    line: int
    role: str
    block: Declaration | None
    is_declaration: bool


def _homes(situation: Situation, renaming: Renaming) -> list[Home]:
    homes = []
    for hunk, example, at in renaming.uses[:MAX_HOMES]:
        is_here = hunk.path == situation.source.path
        source = situation.source if is_here else situation.files.read(hunk.path)
        line = hunk.line + example.line + example.before.count("\n", 0, example.old[at].start)
        if source is None or line >= len(source.lines):
            continue
        found = word_pattern(renaming.new).search(source.lines[line])
        role = role_at(source, line, found.start()) if found else ""
        homes.append(Home(hunk.path, line, role, block_around(source, line), _is_declaration(example, at)))
    return homes


def _line_signals(renaming: Renaming, source: Source, line: int, homes: list[Home]) -> dict[str, float]:
    tokens = tokenize(source.lines[line])
    words = [token.text for token in tokens]
    at = words.index(renaming.old) if renaming.old in words else 0
    agreement = max((_agreement(words, at, example, index) for _, example, index in renaming.uses), default=(0, 0))
    joints = [index > 0 and example.old[index - 1].text in JOINTS for _, example, index in renaming.uses]
    has_joint = at > 0 and words[at - 1] in JOINTS
    role = role_at(source, line, tokens[at].start)
    own = [home for home in homes if home.path == source.path]
    in_block = [home.block is not None and home.block.start <= line < home.block.end for home in own]
    local = [home for home in own if home.is_declaration and home.block is not None and home.block.kind == "function"]
    same_block = any(in_block)
    return {
        "left": agreement[0] / 3,
        "right": agreement[1] / 3,
        "joint_differs": float(has_joint not in joints),
        "commentary": float(bool(COMMENTARY.match(source.lines[line]))),
        "same_block": float(same_block),
        "declared_in_block": float(same_block and bool(local)),
        "out_of_scope": float(not same_block and bool(local)),
        "same_role": float(bool(role) and any(home.role == role for home in homes)),
        "other_role": float(bool(role) and all(home.role and home.role != role for home in homes)),
        "above_all": float(bool(own) and line < min(home.line for home in own)),
        "quoted": float(_is_quoted(source.lines[line], renaming.old)),
    }


def _agreement(tokens: list[str], at: int, example: Example, index: int) -> tuple[int, int]:
    """Return how many tokens on the left and on the right are the same, at most three each."""
    old = [token.text for token in example.old]
    left = next((n for n in range(3) if at <= n or index <= n or tokens[at - 1 - n] != old[index - 1 - n]), 3)
    after, behind = tokens[at + 1 : at + 4], old[index + 1 : index + 4]
    right = next((n for n in range(3) if n >= len(after) or n >= len(behind) or after[n] != behind[n]), 3)
    return left, right


def _is_declaration(example: Example, at: int) -> bool:
    """True if the name probably is declared there: a word stands before it, and it is given a value or a type."""
    if COMMENTARY.match(example.before):
        return False
    if at == 0:
        return [token.text == "=" for token in example.old[1:3]] == [True, False]
    previous = example.old[at - 1].text if at else ""
    following = example.old[at + 1].text if at + 1 < len(example.old) else ""
    return bool(previous) and (previous[-1].isalnum() or previous in "*&>") and following not in {".", "->"}


def _is_quoted(line: str, word: str) -> bool:
    """True if the first occurrence stands between quotes."""
    head = line.partition(word)[0]
    return any(head.count(quote) % 2 for quote in "\"'`")
