"""An answer's code in the place of the selection, and what is wrong with the document then."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator

from engine.assist.answers import adapt_to_place
from engine.assist.checks import Fault
from engine.assist.choice import declared_names, imports_in
from engine.assist.tasks import AssistRequest, Edit
from engine.assist.wording import sentence
from engine.context.outline import outline
from engine.document import Document
from engine.languages import Language
from engine.text import LF, line_end_at, line_of, with_lf

MAX_NAMED = 3  # in a warning
MIN_LINE_CHARS = 8  # shorter lines, `end` and the like, are in every file twice
# A user who wants a declaration gone, or another name for it, need not be asked whether it may go.
REMOVES = re.compile(
    r"\b(?:remove|delete|drop|rename|inline|merge|replace|move|extract|split|convert)\w*\b|删|移|改名|重命名|合并|内联",
    re.IGNORECASE,
)


def selected_range(request: AssistRequest, document: Document) -> tuple[int, int]:
    """Return the range to replace: the selection with the indentation before it, or the whole document."""
    start, end = request.selection or (0, len(document.text))
    head = with_lf(document.text[:start]).rpartition(LF)[2]
    return (start - len(head) if not head.strip() else start), end


def place_code(document: Document, start: int, end: int, code: str, language: Language) -> tuple[str, Edit]:
    """Return (the code as it fits into its place, the edit that puts it there)."""
    text = document.text
    code = _without_surroundings(document, start, end, code, language)
    code = adapt_to_place(code, with_lf(text[start:end]))
    return code, Edit(start, end, code.replace(LF, line_end_at(text, start, end)))


def declaration_fault(document: Document, edit: Edit, language: Language, request: AssistRequest) -> Fault | None:
    """Return a fault if the edit loses a declaration, or brings in what stands elsewhere in the document."""
    above, below = with_lf(document.text[: edit.start]), with_lf(document.text[edit.end :])
    old, new = with_lf(document.text[edit.start : edit.end]), with_lf(edit.text)
    before, after = declared_names(language, above + old + below), declared_names(language, above + new + below)
    may_go = set() if not REMOVES.search(request.question) else set(re.findall(r"\w+", request.question))
    lost = [name for name in before - after if name not in after and name.rpartition(".")[2] not in may_go]
    if lost:
        return Fault(sentence("lost", request.words, names=_listed(lost)), can_be_repaired=False)
    selected = declared_names(language, old)
    doubled = [name for name in after - before if name in before and name.rpartition(".")[2] not in _last(selected)]
    elsewhere = (imports_in(above) | imports_in(below)) - imports_in(textwrap.dedent(old))
    doubled += sorted(elsewhere & imports_in(textwrap.dedent(new)))
    if not before:  # without a grammar, lines of the outermost depth stand for declarations
        doubled += sorted(((_outermost(above) | _outermost(below)) - _outermost(old)) & _outermost(new))
    if doubled:
        return Fault(sentence("doubled", request.words, names=_listed(doubled)), can_be_repaired=False)
    return None


def _outermost(text: str) -> set[str]:
    """Return the lines without indentation that are long enough to be told apart."""
    return {line.rstrip() for line in text.split("\n") if len(line) >= MIN_LINE_CHARS and line[0].isalpha()}


def _last(names: Counter[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in names}


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")


def _without_surroundings(document: Document, start: int, end: int, code: str, language: Language) -> str:
    """Return the selection's part of code that gives more: the whole document, or the declaration around it.

    What the code holds above and below the selection must be what the document has there; else it is left whole.
    """
    text = with_lf(document.text)
    first, last = line_of(document.text, start), line_of(document.text, end)
    lines = text.split("\n")
    if document.text[end - 1 : end] not in {"\n", "\r"}:
        last += 1  # the selection ends within its last line
    given = code.split("\n")
    for outer_first, outer_last in _surroundings(text, first, last, len(lines), language):
        above, below = lines[outer_first:first], lines[last:outer_last]
        depth = _depth([line for line in (*above, *lines[first:last]) if line.strip()][:1])
        part = _between(given, _said(above, depth), _said(below, depth))
        if part is not None:
            return "\n".join(part)
    return code


def _surroundings(text: str, first: int, last: int, count: int, language: Language) -> Iterator[tuple[int, int]]:
    """Yield the lines of the document, and of each declaration around the selection but the selection itself."""
    if (first, last) != (0, count):
        yield 0, count
    for each in outline(language.id, text):
        if each.start <= first and last <= each.end and (each.start, each.end) != (first, last):
            yield each.start, each.end


def _between(given: list[str], above: list[str], below: list[str]) -> list[str] | None:
    """Return the lines of an answer between those of `above` and `below`; None if they are not there."""
    if not above and not below:
        return None
    said = [(number, line.rstrip()) for number, line in enumerate(given) if line.strip()]
    texts = [line for _, line in said]
    if len(texts) <= len(above) + len(below) or texts[: len(above)] != above:
        return None
    if below and texts[-len(below) :] != below:
        return None
    kept = said[len(above) : len(said) - len(below)]
    return given[kept[0][0] : kept[-1][0] + 1]


def _said(lines: list[str], depth: int) -> list[str]:
    """Return the lines that are not blank, without `depth` characters of their indentation."""
    return [line[depth:].rstrip() for line in lines if line.strip()]


def _depth(lines: list[str]) -> int:
    return len(lines[0]) - len(lines[0].lstrip()) if lines else 0
