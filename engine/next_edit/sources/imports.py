"""Import: a name is used that nothing brings into the file, or an import is left that nothing uses any more."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from engine.context.source import Source
from engine.next_edit.import_lines import Wanted, alone_with, constructed, is_own_package, moved_to
from engine.next_edit.places import closeness, kinship
from engine.next_edit.standard_names import HEADER_OF, NAMES_OF
from engine.next_edit.statements import Statement, place_for, statements, with_name, without
from engine.next_edit.tokens import is_identifier, tokenize, words_of
from engine.next_edit.values import Candidate, Hunk, Situation

RECENT_HUNKS = 6
MAX_NEW_NAMES = 6
MAX_DONORS = 8
MIN_NAME_CHARS = 2
BEFORE_VALUES = frozenset({
    "return", "await", "new", "throw", "typeof", "instanceof", "in", "of", "case", "else", "extends", "implements",
    "yield", "not", "and", "or", "is", "if", "raise", "from", "import", "delete", "void", "override", "impl", "dyn",
    "for", "while", "use", "using",
})  # fmt: skip
DECLARING_FORMS = (
    r"\b(?:const|let|var|def|class|function|func|fn|struct|enum|interface|mut|as|catch)\s*[({\[]?\s*NAME(?![\w$])",
    r"\b(?:const|let|var)\s*[{\[][^=;]*(?<![\w$])NAME(?![\w$])[^=;]*[}\]]\s*=",
    r"(?<![\w$.])NAME\s*(?:,\s*\w+\s*)*(?:=(?![=>])|:=)",
    r"[(,]\s*(?:\w+\s+)?NAME\s*(?:[,=:?][^()]*)?\)\s*(?:=>|\{|:|->)",
    r"(?<![\w$])NAME\s*=>",
    r"\bfor\s*\(?\s*[\w,\s]*(?<![\w$])NAME\s*(?:,\s*\w+\s*)*(?:in|of|:)\s",
)


def find_imports(situation: Situation) -> Iterator[Candidate]:
    """Look at the files that were edited last."""
    hunks = situation.trail.hunks[-RECENT_HUNKS:]
    for path in dict.fromkeys(hunk.path for hunk in reversed(hunks)):
        is_here = path == situation.source.path
        source = situation.source if is_here else situation.files.read(path)
        if source is not None:
            own = [hunk for hunk in hunks if hunk.path == path]
            yield from _unused(situation, source, own)
            yield from _missing(situation, source, own)


def _unused(situation: Situation, source: Source, hunks: list[Hunk]) -> Iterator[Candidate]:
    known = statements(source)
    taken = {line for hunk in hunks for line in range(hunk.line, hunk.end)}
    removed = Counter(word for hunk in hunks for word in words_of("\n".join(hunk.before)))
    removed.subtract(word for hunk in hunks for word in words_of("\n".join(hunk.after)))
    gone: dict[int, tuple[str, ...]] = {}  # by the position of the statement: its lines, less what is not used
    for position, statement in enumerate(known):
        names = _brought(statement)
        if not any(removed[name] > 0 for name in names) or statement.start in taken:
            continue
        unused = {name for name in statement.names if not _is_used(source, _aliases(statement, name), known)}
        if unused and (lines := without(statement, unused)) is not None:
            gone[position] = lines
    yield from _removals(situation, source, known, gone, hunks)


def _brought(statement: Statement) -> set[str]:
    """Return the names by which a statement can be seen to be used."""
    if statement.family == "c":
        return set(NAMES_OF.get(statement.module.strip("<>"), ())) if statement.module[0] == "<" else set()
    return set(statement.names)


def _aliases(statement: Statement, name: str) -> set[str]:
    return _brought(statement) if statement.family == "c" else {name}


def _is_used(source: Source, names: set[str], known: list[Statement]) -> bool:
    """True if any of the names stands anywhere but in an import."""
    if not names:
        return True
    held = {line for statement in known for line in range(statement.start, statement.end)}
    pattern = re.compile(rf"(?<![\w$])(?:{'|'.join(map(re.escape, names))})(?![\w$])")
    return any(pattern.search(line) for at, line in enumerate(source.lines) if at not in held)


def _removals(
    situation: Situation, source: Source, known: list[Statement], gone: dict[int, tuple[str, ...]], hunks: list[Hunk]
) -> Iterator[Candidate]:
    done: set[int] = set()
    for position, lines in gone.items():
        if position in done:
            continue
        last = position
        while lines == () == gone.get(last + 1) and known[last + 1].start == known[last].end:
            last += 1
            done.add(last)
        start, end = known[position].start, known[last].end
        signals = _common(situation, source, start, hunks) | {
            "whole": float(lines == ()),
            "count": math.log(last - position + 1),
            "is_header": float(known[position].family == "c"),
        }
        names = ", ".join(known[position].names[:3])
        yield Candidate(source.path, start, end, lines, "unimport", f"{names} is not used any more", signals)


def _missing(situation: Situation, source: Source, hunks: list[Hunk]) -> Iterator[Candidate]:
    known = statements(source)
    brought = {name for statement in known for name in _brought(statement)}
    for name in _new_names(source, hunks)[:MAX_NEW_NAMES]:
        if name in brought or name in source.family.keywords or name in source.declared:
            continue
        wanted = _standard(source, name) or _from_others(situation, source, name)
        if wanted is None or any(each.module == wanted.module and wanted.name in each.names for each in known):
            continue
        if change := _written(known, wanted):
            start, end, lines = change
            signals = _common(situation, source, start, hunks) | {
                "donors": min(3.0, math.log1p(wanted.donors)),
                "rivals": min(3.0, math.log1p(wanted.rivals)),
                "joined": float(end > start),
                "constructed": float(wanted.is_constructed),
                "capital": float(name[0].isupper()),
                "is_header": float(source.family.id == "c"),
                "uses": min(2.0, math.log(max(1, source.text.count(name)))),
                "called": float(bool(re.search(rf"(?<![\w$.]){re.escape(name)}\s*[(<.:{{]", source.text))),
            }
            yield Candidate(source.path, start, end, lines, "import", f"{name} is used here", signals)


def _new_names(source: Source, hunks: list[Hunk]) -> list[str]:
    """Return names that the user has written, not after a dot, and that stand nowhere else; the last ones first."""
    found: dict[str, None] = {}
    written = {line for hunk in hunks for line in range(hunk.line, hunk.end)}
    rest = set(words_of("\n".join(line for at, line in enumerate(source.lines) if at not in written)))
    for hunk in reversed(hunks):
        tokens = tokenize(_code_of("\n".join(hunk.after), source.family.id))
        for at, token in enumerate(tokens):
            name = token.text
            if (at and tokens[at - 1].text == ".") or name in rest or len(name) < MIN_NAME_CHARS:
                continue
            is_key = at + 2 < len(tokens) and tokens[at + 1].text == ":" != tokens[at + 2].text
            if is_identifier(name) and name not in source.family.keywords and not is_key:
                found[name] = None
    code = _code_of("\n".join(line for hunk in hunks for line in hunk.after), source.family.id)
    return sorted((name for name in found if not _is_given(name, code)), key=lambda name: not name[0].isupper())


def _is_given(name: str, code: str) -> bool:
    """True if code declares the name itself, as far as plain text tells."""
    word = re.escape(name)
    typed = re.search(rf"([\w$]+|[>\]*&?])\s+[*&]*{word}(?![\w$])\s*(?![\w$({{.])", code)
    if typed and typed.group(1) not in BEFORE_VALUES:
        return True
    return any(re.search(form.replace("NAME", word), code) for form in DECLARING_FORMS)


def _code_of(text: str, family: str) -> str:
    """Return the text without strings and comments."""
    comment = r"#[^\n]*" if family == "python" else r"//[^\n]*|/\*.*?\*/|^\s*\*[^\n]*"
    return re.sub(rf"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|{comment}", '""', text, flags=re.DOTALL | re.MULTILINE)


def _standard(source: Source, name: str) -> Wanted | None:
    """Return C++'s own header for a name."""
    if source.family.id != "c" or name not in HEADER_OF or not re.search(rf"std::{name}\b", source.text):
        return None
    module = f"<{HEADER_OF[name]}>"
    includes = statements(source)
    if any(each.module == module for each in includes):
        return None
    pattern = re.compile(r"std::(\w+)")
    others = [word for word in pattern.findall(source.text) if HEADER_OF.get(word) == HEADER_OF[name]]
    return Wanted(HEADER_OF[name], (f"#include {module}",), module, len(others), 0)


def _from_others(situation: Situation, source: Source, name: str) -> Wanted | None:
    """Return the statement by which most other files bring a name into them, as it would be written in this one."""
    found: Counter[tuple[tuple[str, ...], str]] = Counter()
    for path in situation.files.using(name, source, MAX_DONORS):
        other = situation.files.read(path)
        if other is None or path == source.path:
            continue
        for statement in statements(other):
            if name in statement.names and source.family.id != "csharp":
                alone = alone_with(statement, name)
                if alone and not is_own_package(source, statement) and (moved := moved_to(alone, path, source.path)):
                    found[moved.lines, moved.module] += 1
    if source.family.id == "c":
        scope = re.compile(rf"(?<![\w$]){re.escape(name)}\s*::")
        found = Counter({key: count for key, count in found.items() if scope.search(source.text) or name[0].isupper()})
    if found:
        (lines, module), count = found.most_common(1)[0]
        return Wanted(name, lines, module, count, len(found) - 1)
    return constructed(situation, source, name)


def _written(known: list[Statement], wanted: Wanted) -> tuple[int, int, tuple[str, ...]] | None:
    """Return (first line, end, lines) of the change that brings the name."""
    for statement in known:
        if statement.module == wanted.module and statement.has_list and (lines := with_name(statement, wanted.name)):
            return statement.start, statement.end, lines
    at = place_for(known, wanted.module, "\n".join(wanted.lines))
    return (at, at, wanted.lines) if at is not None else None


def _common(situation: Situation, source: Source, line: int, hunks: list[Hunk]) -> dict[str, float]:
    is_here = source.path == situation.source.path
    newest = max(hunk.number for hunk in hunks)
    return {
        "is_here": float(is_here),
        "is_last": float(newest == situation.trail.hunks[-1].number),
        "closeness": closeness(line, situation.line) if is_here else 0.0,
        "kinship": kinship(situation.source.path, source.path),
        "hunks": min(2.0, math.log1p(len(situation.trail.hunks))),
    }
