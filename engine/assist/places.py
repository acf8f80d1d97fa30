"""The places of a workspace that best match a question in words, for the prompt or for the user.

BM25 over the index' chunks with the words and names of the question, in every family of languages; declarations of a
name in the question come first. Each chunk becomes the declaration in it that matches the question best.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from engine.context.index import Index
from engine.context.source import Chunk, Source
from engine.context.syntax import FAMILY_IDS
from engine.context.words import HAN_RUN, IDENTIFIER, WORD, pairs_of, terms_of

CANDIDATES = 24  # chunks of a family
MAX_DECLARING = 8
MAX_PLACE_LINES = 60
MAX_QUESTION_WORDS = 60
NAME_WEIGHT = 2.0  # of a word that looks like a name of code
DECLARED_FACTOR = 3.0  # of a declaration whose name is in the question
TITLE_WEIGHT = 2.0  # of a term in a declaration's name, against one in its lines
NAME_LIKE = re.compile(r"_|[a-z\d][A-Z]|^[A-Z]{2,}$|\d")
# Words of a question that are in all code, or in none.
_SAYS_LITTLE = (
    "a about all an and any are as at be been by can code could did do does explain file files find for from"
    " function get give go had has have help how i if in into is it its just like line lines list made make makes"
    " many me method my need no not of on one only or other our please project repository say see should show so"
    " some tell than that the their them then there these they thing this those to up us use used uses using want"
    " was we were what when where which who why will with work works workspace would write you your"
)
SAYS_LITTLE = frozenset(_SAYS_LITTLE.split())
# The same in Chinese: pairs of characters, and characters that make any pair with them one.
_PAIRS_SAY_LITTLE = "如何 代码 函数 方法 文件 项目 一个 解释 说明 实现 使用 可以"
PAIRS_SAY_LITTLE = frozenset(_PAIRS_SAY_LITTLE.split())
HAN_SAYS_LITTLE = frozenset("的了是在吗呢哪怎么什请这那和与把被有")


class Place(NamedTuple):
    """Lines of a source."""

    source: Source
    start: int
    end: int  # exclusive
    symbol: str  # what they declare, or ""
    score: float
    is_declaration: bool = False  # of a name in the question

    @property
    def text(self) -> str:
        return "\n".join(self.source.lines[self.start : min(self.end, self.start + MAX_PLACE_LINES)])


def question_terms(question: str) -> dict[str, float]:
    """Return the terms to search for and their weights: names of code weigh more, words without meaning nothing."""
    weights: dict[str, float] = {}
    for word in list(dict.fromkeys(WORD.findall(_apart(question))))[:MAX_QUESTION_WORDS]:
        if word.lower() in SAYS_LITTLE:
            continue
        for pair in pairs_of(word):
            if pair not in PAIRS_SAY_LITTLE and not HAN_SAYS_LITTLE & {*pair}:
                weights[pair] = 1.0
        if HAN_RUN.fullmatch(word):
            continue
        weight = NAME_WEIGHT if NAME_LIKE.search(word) else 1.0
        whole, *parts = terms_of(word).split(" ")
        for term in (whole, *_singular(whole)):
            weights[term] = max(weights.get(term, 0.0), weight)
        for part in parts:
            weights[part] = max(weights.get(part, 0.0), weight / 2)
    return weights


def names_in(question: str) -> tuple[str, ...]:
    """Return the words of a question that may be names in code, as they are spelled."""
    words = dict.fromkeys(IDENTIFIER.findall(_apart(question)))
    return tuple(word for word in words if word.lower() not in SAYS_LITTLE)[:MAX_QUESTION_WORDS]


def _apart(question: str) -> str:
    """Return the question with blanks around Chinese: "Cart类的total方法" contains Cart and total."""
    return HAN_RUN.sub(r" \g<0> ", question) if not question.isascii() else question


def find_places(question: str, index: Index, allows: Callable[[str], bool], limit: int) -> list[Place]:
    """Return at most `limit` places, the best first, no lines of a file twice."""
    terms, names = question_terms(question), names_in(question)
    if not terms:
        return []
    found: list[Place] = []
    for family in FAMILY_IDS:
        rarity = index.rarity(family, terms)
        weights = {term: terms[term] * rarity[term] for term in rarity}
        chunks = index.search(family, {term: terms[term] for term in rarity}, rarity, CANDIDATES) if rarity else []
        sources = index.sources({chunk.path for chunk in chunks})
        found += [_place(sources[chunk.path], chunk, weights) for chunk in chunks if chunk.path in sources]
        for source in index.declaring(family, names, MAX_DECLARING) if names else ():
            found += _declared(source, names, weights)
    verdicts = {path: allows(path) for path in {place.source.path for place in found}}
    ranked = sorted(found, key=lambda place: (-place.score, place.source.path, place.start))
    return _without_overlaps([place for place in ranked if verdicts[place.source.path]], limit)


def declarations_named(name: str, index: Index, allows: Callable[[str], bool], limit: int) -> list[Place]:
    """Return where `name` is declared, in any language; for `Class.member` the member."""
    last = re.split(r"\.|::|#", name)[-1]
    found: list[Place] = []
    for family in FAMILY_IDS:
        for source in index.declaring(family, [last], MAX_DECLARING):
            if allows(source.path):
                found += _declared(source, (last,), {})
    return _without_overlaps(found, limit)


def _declared(source: Source, names: Iterable[str], weights: dict[str, float]) -> list[Place]:
    """Return the declarations of `names` in a source."""
    wanted = frozenset(names)
    return [
        Place(
            source,
            each.start,
            each.end,
            each.name,
            DECLARED_FACTOR * _weight(each.name, weights, 1.0),
            is_declaration=True,
        )
        for each in source.declarations
        if each.name in wanted and each.kind not in {"field", "variable"}
    ]


def _place(source: Source, chunk: Chunk, weights: dict[str, float]) -> Place:
    """Return the declaration in or around a chunk that matches the question best, else the chunk itself."""
    best, best_value = None, 0.0
    for each in source.declarations:
        if each.kind in {"field", "variable", "alias"} or each.start >= chunk.end or each.end <= chunk.start:
            continue
        inside = source.lines[max(each.start, chunk.start) : min(each.end, chunk.end)]
        value = TITLE_WEIGHT * _weight(each.name, weights, 0.0) + _weight("\n".join(inside), weights, 0.0)
        if value > best_value or (best is not None and value == best_value and each.start >= best.start):
            best, best_value = each, value  # of equals the inner one
    if best is None:
        return Place(source, chunk.start, chunk.end, "", chunk.score)
    score = chunk.score + TITLE_WEIGHT * _weight(best.name, weights, 0.0)
    return Place(source, best.start, best.end, best.name, score)


def _weight(text: str, weights: dict[str, float], least: float) -> float:
    """Return the sum of the weights of the terms in a text, each counted once."""
    terms = {term for word in WORD.findall(text) for term in terms_of(word).split(" ")}
    return max(least, sum(weights.get(term, 0.0) for term in terms))


def _singular(term: str) -> tuple[str, ...]:
    """Return the singular of a plural, () for other terms: "parse headers" is about parse_header."""
    plural = len(term) > 3 and term.endswith("s") and not term.endswith("ss")  # noqa: PLR2004 - "gas" is none
    return (term[:-1],) if plural else ()


def _without_overlaps(places: Iterable[Place], limit: int) -> list[Place]:
    kept: list[Place] = []
    for place in places:
        overlaps = (
            place.source.path == other.source.path and place.start < other.end and other.start < place.end
            for other in kept
        )
        if len(kept) < limit and not any(overlaps):
            kept.append(place)
    return kept
