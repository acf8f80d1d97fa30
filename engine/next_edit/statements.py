"""Import statements: where they stand, what they bring, and how one more name or one less is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.context.source import Source
from engine.next_edit.tokens import IDENTIFIER, indent_of, word_pattern

MAX_STATEMENT_LINES = 40
MAX_HEAD_LINES = 3_000

_OPENS = {
    "python": re.compile(r"\s*(?:from\s+(?P<module>[.\w]+)\s+import\b|import\s+(?P<name>[\w.]+))"),
    "javascript": re.compile(
        r"\s*(?:import\b(?!\s*\()|(?:const|let|var)\s+[\w$\s,{}:]*=\s*require\(|(?:const|let|var)\s*\{\s*$)"
    ),
    "java": re.compile(r"\s*import\s+(?:static\s+)?[\w.*]+\s*;"),
    "csharp": re.compile(r"\s*(?:global\s+)?using\s+(?:static\s+)?[\w.]+\s*;"),
    "rust": re.compile(r"\s*(?:pub(?:\([^)]*\))?\s+)?use\s+[\w:{]"),
    "c": re.compile(r"\s*#\s*include\s*[<\"]"),
    "go": re.compile(r"(?:import\s+|\t)(?:[\w.]+\s+)?\"[\w./\-]+\"\s*(?://.*)?$"),
}
_MODULE = {
    "python": re.compile(r"from\s+([.\w]+)\s+import|import\s+([\w.]+)"),
    "javascript": re.compile(r"(?:from\s*|import\s*|require\(\s*)['\"]([^'\"]+)['\"]"),
    "java": re.compile(r"import\s+(?:static\s+)?([\w.*]+)"),
    "csharp": re.compile(r"using\s+(?:static\s+)?([\w.]+)"),
    "rust": re.compile(r"use\s+([\w:]+?)(?:::\{|::\*|;|\s)"),
    "c": re.compile(r"include\s*([<\"][^>\"]+[>\"])"),
    "go": re.compile(r"\"([^\"]+)\""),
}


@dataclass(frozen=True)
class Statement:
    """Lines `start` to `end` of a file. `names` are those that it brings into the file."""

    start: int
    end: int
    lines: tuple[str, ...]
    module: str
    names: tuple[str, ...]
    family: str

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def has_list(self) -> bool:
        """True if it lists names one by one: one more can be written into it."""
        if self.family == "python":
            return self.text.lstrip().startswith("from ")
        return self.family in {"javascript", "rust"} and "{" in self.text


def statements(source: Source) -> list[Statement]:
    """Return the import statements of a file."""
    known: list[Statement] | None = source.__dict__.get("statements")
    if known is None:
        known = source.__dict__["statements"] = list(_statements(source))
    return known


def _statements(source: Source) -> Iterator[Statement]:
    family = source.family.id
    opens = _OPENS.get(family)
    if opens is None:
        return
    lines, at = source.lines, 0
    while at < min(len(lines), MAX_HEAD_LINES):
        if not opens.match(lines[at]):
            at += 1
            continue
        end = _end_of(lines, at, family)
        if statement := statement_of(tuple(lines[at:end]), family, at):
            yield statement
            at = end
        else:
            at += 1


def _end_of(lines: list[str], start: int, family: str) -> int:
    if family in {"java", "csharp", "c", "go"}:
        return start + 1
    depth = 0
    for line in range(start, min(len(lines), start + MAX_STATEMENT_LINES)):
        code = lines[line].partition("//")[0] if family != "python" else lines[line].partition("#")[0]
        depth += sum(map(code.count, "({")) - sum(map(code.count, ")}"))
        if depth <= 0 and not (family == "rust" and ";" not in code):
            return line + 1
    return start + 1


def statement_of(lines: tuple[str, ...], family: str, start: int = 0) -> Statement | None:
    """Return the statement that lines are, or None if they are none."""
    text = "\n".join(lines)
    found = _MODULE[family].search(text)
    if not found:
        return None
    module = next(group for group in found.groups() if group)
    return Statement(start, start + len(lines), lines, module, tuple(_names(text, module, family)), family)


def _names(text: str, module: str, family: str) -> list[str]:
    if family == "python":
        return _python_names(text)
    if family == "javascript":
        head = re.split(r"\bfrom\b|=\s*require", text)[0]
        head = re.sub(r"^\s*(?:import\s+type\b|import\b|const\b|let\b|var\b)", "", head)
        head = re.sub(r"[\w$*]+\s+as\s+|[\w$]+\s*:\s*|\btype\s+(?=\w)", "", head)
        return (
            [name for name in IDENTIFIER.findall(head) if name != "type"]
            if ("from" in text or "require" in text)
            else []
        )
    if family == "java":
        return [module.rpartition(".")[2]]
    if family == "go":
        alias = re.match(r"(?:import)?\s*(\w+)\s+\"", text)
        parts = [part for part in module.split("/") if not re.fullmatch(r"v\d+", part)]
        return [alias.group(1) if alias else re.sub(r"^go-|\W", "", parts[-1].partition(".")[0])]
    if family == "rust":
        text = re.sub(r"\w+\s+as\s+", "", text.partition("use ")[2])
        return [name for name in re.findall(r"(\w+)\s*(?=[,};]|$)", text, re.MULTILINE) if name != "self"]
    if family == "c":
        return [re.split(r"[/\\]", module.strip('<>"'))[-1].partition(".")[0]]
    return []


def _python_names(text: str) -> list[str]:
    text = re.sub(r"#[^\n]*", "", text)
    before, listed, after = text.partition("import")
    if before.strip().startswith("from"):
        names = re.sub(r"\w+\s+as\s+", "", after)
        return [name for name in IDENTIFIER.findall(names) if listed]
    brought = []
    for part in after.split(","):
        name, aliased, alias = part.strip().partition(" as ")
        brought.append(alias.strip() if aliased else name.partition(".")[0].strip())
    return [name for name in brought if name]


def without(statement: Statement, gone: set[str]) -> tuple[str, ...] | None:
    """Return the lines without some names; none at all if no name is left; None if it cannot be written."""
    if set(statement.names) <= gone:
        return ()
    if not statement.has_list:
        return None
    lines = list(statement.lines)
    for name in gone:
        word = word_pattern(name).pattern
        entry = rf"(?:\btype\s+)?(?:[\w$]+\s+as\s+|[\w$]+\s*:\s*)?{word}"
        for at, line in enumerate(lines):
            if re.fullmatch(rf"\s*{entry}\s*,?\s*", line):
                del lines[at]
                if at == len(lines) - 1 and lines[at].strip()[:1] in {"}", ")"} and not line.rstrip().endswith(","):
                    lines[at - 1] = lines[at - 1].rstrip().removesuffix(",")
                break
            shorter, count = re.subn(rf"{entry}\s*,\s*", "", line, count=1)
            if not count:
                shorter, count = re.subn(rf",\s*{entry}", "", line, count=1)
            if count and "".join(line.split()) != "".join(shorter.split()):
                lines[at] = shorter
                break
        else:
            return None
    if statement.family == "rust" and len(lines) == 1:
        lines[0] = re.sub(r"\{\s*(\w+)\s*\}", r"\1", lines[0])
    return tuple(lines)


def with_name(statement: Statement, name: str) -> tuple[str, ...] | None:
    """Return the lines with one more name, in order if the names are in order; None if it cannot be written."""
    if not statement.has_list or not statement.names:
        return None
    names = list(statement.names)
    for key in (str, str.lower):
        if names == sorted(names, key=key):
            later = next((each for each in names if key(each) > key(name)), None)
            break
    else:
        later = None
    beside = later or names[-1]
    lines = list(statement.lines)
    for at, line in enumerate(lines):
        found = list(word_pattern(beside).finditer(line))
        if not found or (at == 0 and "import" in line and found[-1].start() < line.find("import")):
            continue
        place = found[0] if later else found[-1]
        alone = re.fullmatch(rf"\s*(?:type\s+)?{re.escape(beside)}\s*,?\s*", line)
        if alone and later:
            lines.insert(at, f"{indent_of(line)}{name},")
        elif alone:
            lines[at] = line if line.rstrip().endswith(",") else line.rstrip() + ","
            lines.insert(at + 1, f"{indent_of(line)}{name}{',' if line.rstrip().endswith(',') else ''}")
        elif later:
            lines[at] = f"{line[: place.start()]}{name}, {line[place.start() :]}"
        else:
            lines[at] = f"{line[: place.end()]}, {name}{line[place.end() :]}"
        return tuple(lines)
    return None


def place_for(known: list[Statement], module: str, text: str) -> int | None:
    """Return the line before which one more statement goes; None if the file has none of its kind."""
    if not known:
        return None
    blocks: list[list[Statement]] = []
    for statement in known:
        if (
            blocks
            and statement.start == blocks[-1][-1].end
            and indent_of(statement.lines[0]) == indent_of(blocks[-1][-1].lines[0])
        ):
            blocks[-1].append(statement)
        else:
            blocks.append([statement])
    blocks = [block for block in blocks if indent_of(block[0].lines[0]) == indent_of(known[0].lines[0])]
    block = max(blocks, key=lambda each: (_affinity(each, module, text), len(each)))
    keys = [_sorting_key(statement) for statement in block]
    key = _key(module, text)
    if len(block) > 1 and keys == sorted(keys):
        return next((each.start for each, other in zip(block, keys, strict=True) if other > key), block[-1].end)
    alike = max(block, key=lambda each: (_common(each.module, module), each.start))
    return alike.end


def _affinity(block: list[Statement], module: str, text: str) -> tuple[bool, int]:
    same_kind = [each for each in block if _kind(each.module, each.text) == _kind(module, text)]
    return bool(same_kind), max((_common(each.module, module) for each in block), default=0)


def _kind(module: str, text: str) -> str:
    """Return what sort of place a module is imported from."""
    if module[:1] in '<"':
        return module[0] + ("/" if "/" in module else "")
    if module.startswith("."):
        return "."
    return "static" if "static " in text else module.partition(":")[0] if module.startswith("node:") else ""


def _sorting_key(statement: Statement) -> tuple[str, ...]:
    return _key(statement.module, statement.text)


def _key(module: str, text: str) -> tuple[str, ...]:
    form = "1" if text.lstrip().startswith("from ") else "0"
    return (form, module) if ("import" in text and "from " in text.lstrip()[:5]) or form == "1" else ("0", module)


def _common(module: str, other: str) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(module, other, strict=False)) if a != b), min(len(module), len(other))
    )
