"""Which block of an answer is the code that was asked for, and whether that is sure.

An answer may quote the old code first, show an example of its use, the output, or a second way. The block that declares
what the old code declares is the answer; if more than one could be, the user is asked to look.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.assist.blocks import Block, Kinship, blocks_in
from engine.context.outline import outline
from engine.languages import Language
from engine.text import with_lf

LASTING = frozenset({"function", "type", "implementation"})  # kinds that count at any depth; others at the top only
IMPORT = re.compile(
    r"(?:import|from|use|using|require|include|#\s*include|package|extern crate)\b"
    r"|(?:const|var|let)\b[^=]*=\s*require\("
)
_WORD = re.compile(r"\w+|[^\w\s]")
_ELLIPSIS = re.compile(r"(?:\.\.\.|…)?")


@dataclass(frozen=True)
class Choice:
    """The code of an answer."""

    code: str
    block: Block | None = None  # that holds it; None if the answer has no block, and is code or prose as a whole
    is_sure: bool = True  # False: another block could be meant as well


def choose_code(
    answer: str, language: Language, old: str, *, replaces: bool = True, comments_count: bool = False
) -> Choice:
    """Return the code of an answer that is about the code `old`, "" if it is about none.

    A model that is to answer with code alone may leave the fence out. `replaces`: the code takes the place of the old
    one. `comments_count`: code that differs from the old one in comments alone is not the old one.
    """
    blocks = list(dict.fromkeys(blocks_in(answer, language)))
    if not blocks:
        return Choice(with_lf(answer).strip("\n"))
    wanted = declared_names(language, old) if replaces else Counter[str]()
    lines = _lines(old, language, comments_count=comments_count)
    candidates = []
    for block in blocks:
        declared = declared_names(language, block.text)
        candidates.append(
            _Candidate(
                block,
                block.kinship(language),
                declared,
                sum((wanted & declared).values()) / sum(wanted.values()) if wanted else 0.0,
                _likeness(block.text, old) if replaces else float(sum(declared.values())),
                _quotation(_lines(block.text, language, comments_count=comments_count), lines),
            )
        )
    chosen = max(candidates, key=_Candidate.rank)
    is_sure = all(each is chosen or each.is_no_answer(chosen, is_known=bool(wanted)) for each in candidates)
    return Choice(chosen.block.text.rstrip("\n"), chosen.block, is_sure)


def declared_names(language: Language, code: str) -> Counter[str]:
    """Return what code declares, each name with those of what it is declared in; nothing without a grammar."""
    declarations = list(outline(language.id, textwrap.dedent(code)))
    paths: list[str] = []
    names: Counter[str] = Counter()
    for each in declarations:
        paths.append(f"{paths[each.parent]}.{each.name}" if each.parent >= 0 else each.name)
        if each.kind in LASTING or each.parent < 0:
            names[paths[-1]] += 1
    return names


def imports_in(code: str) -> set[str]:
    """Return the lines that import something, and those that name a package, of the outermost depth."""
    return {line.rstrip() for line in code.split("\n") if IMPORT.match(line)}


@dataclass(frozen=True)
class _Candidate:
    """A block, and what speaks for it."""

    block: Block
    kinship: Kinship
    declared: Counter[str]
    kept: float  # the share of the old declarations that it declares, 0 if there are none
    likeness: float
    quotation: str  # "whole" if it is the old code, "part" if it is lines of it in a row, else ""

    def rank(self) -> tuple[bool, float, bool, int, float, int]:
        """Return what is compared, the most important first."""
        is_new, is_more = self.quotation != "whole", not self.quotation
        return is_new, self.kept, is_more, -self.kinship, self.likeness, len(self.block.text)

    def is_no_answer(self, chosen: _Candidate, *, is_known: bool) -> bool:
        """True if this is the old code, output, a command, or an example of how the chosen code is used.

        `is_known`: it is known what the answer must declare.
        """
        text = self.block.text
        if self.quotation == "whole" or not text.strip():
            return True
        if self.quotation and is_known and self.kept < chosen.kept:
            return True
        if self.kinship > chosen.kinship and self.kinship is not Kinship.RELATED:
            return self.kinship is Kinship.OTHER or not self.declared
        if self.kept:
            return False
        body = "\n".join(line for line in text.split("\n") if not IMPORT.match(line.lstrip()))
        is_used = _last_names(chosen.declared).intersection(_WORD.findall(body))
        is_needed = _last_names(self.declared).intersection(_WORD.findall(chosen.block.text))
        return bool(is_used) and not is_needed


def _last_names(names: Counter[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in names}


def _quotation(mine: Sequence[str], old: Sequence[str]) -> str:
    """Return how much of the old code these lines are: "whole", "part" or ""."""
    if not mine or not old:
        return ""
    if mine == old:
        return "whole"
    starts = range(len(old) - len(mine) + 1)
    return "part" if any(old[start : start + len(mine)] == mine for start in starts) else ""


def _lines(code: str, language: Language, *, comments_count: bool) -> Sequence[str]:
    """Return the lines that say something, without white space and, unless they count, without comments."""
    mark = language.line_comment
    lines = code.split("\n")
    if not comments_count and mark and not language.comment_end:
        lines = [line.partition(f" {mark}")[0] if not line.lstrip().startswith(mark) else "" for line in lines]
    stripped = ("".join(line.split()) for line in lines)
    return [line for line in stripped if not _ELLIPSIS.fullmatch(line)]


def _likeness(one: str, other: str) -> float:
    """Return how many of their words two texts share, 0..1."""
    mine, its = Counter(_WORD.findall(one)), Counter(_WORD.findall(other))
    total = sum(mine.values()) + sum(its.values())
    return 2 * sum((mine & its).values()) / total if total else 1.0
