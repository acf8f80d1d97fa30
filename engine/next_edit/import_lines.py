"""How a file would write the import that another file has, or that none has yet."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from engine.context.source import Source
from engine.next_edit.statements import Statement, statement_of, statements, without
from engine.next_edit.tokens import common_ends
from engine.next_edit.values import Situation


@dataclass(frozen=True)
class Wanted:
    """A statement that brings a name."""

    name: str
    lines: tuple[str, ...]
    module: str
    donors: int  # files that have it
    rivals: int  # other statements that bring the same name elsewhere
    is_constructed: bool = False


def is_own_package(source: Source, statement: Statement) -> bool:
    """True if a Java file sees the name without an import."""
    package = f"package {statement.module.rpartition('.')[0]};"
    return statement.family == "java" and package in source.text


def alone_with(statement: Statement, name: str) -> Statement | None:
    """Return the statement with nothing but one name in it, on one line."""
    others = set(statement.names) - {name}
    lines = without(statement, others) if others else statement.lines
    if not lines:
        return None
    text = re.sub(r"\s*#.*$|\s*//.*$", "", lines[0]) if len(lines) == 1 else " ".join(line.strip() for line in lines)
    text = re.sub(r"\(\s*(\w+),?\s*\)$", r"\1", text) if statement.family == "python" else text.replace(", }", " }")
    return statement_of((text.strip(),), statement.family)


def moved_to(statement: Statement, path: str, to: str) -> Statement | None:
    """Return the statement as another file would write it: relative paths begin elsewhere."""
    module = statement.module
    if not module.startswith(".") or posixpath.dirname(path) == posixpath.dirname(to):
        return statement
    if statement.family == "javascript":
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
        moved = posixpath.relpath(target, posixpath.dirname(to) or ".")
        moved = moved if moved.startswith(".") else f"./{moved}"
    elif statement.family == "python":
        dots = len(module) - len(module.lstrip("."))
        folder = path.split("/")[:-1]
        absolute = [*folder[: len(folder) - dots + 1], *filter(None, module.lstrip(".").split("."))]
        moved = _relative(to.split("/")[:-1], absolute)
        if not moved:
            return None
    else:
        return None
    return statement_of((statement.text.replace(module, moved, 1),), statement.family)


def constructed(situation: Situation, source: Source, name: str) -> Wanted | None:
    """Return a statement for a name that one file declares and no other imports."""
    declaring = [path for path in situation.files.declaring(name, source, 3) if path != source.path]
    other = situation.files.read(declaring[0]) if len(declaring) == 1 else None
    form = _FORMS.get(source.family.id)
    made = form(source, other, name) if form and other else None
    return Wanted(name, (made[0],), made[1], 0, 0, is_constructed=True) if made else None


def _java(source: Source, other: Source, name: str) -> tuple[str, str] | None:
    """Return (the statement, its module)."""
    package, own = (re.search(r"^\s*package\s+([\w.]+);", each.text, re.MULTILINE) for each in (other, source))
    if not package or (own and own.group(1) == package.group(1)) or posixpath.basename(other.path) != f"{name}.java":
        return None
    module = f"{package.group(1)}.{name}"
    return f"import {module};", module


def _python(source: Source, other: Source, name: str) -> tuple[str, str] | None:
    target = other.path.removesuffix(".py").removesuffix("/__init__").split("/")
    module = _relative(source.path.split("/")[:-1], target)
    if not module or not any(each.module.startswith(".") for each in statements(source)):
        return None
    return f"from {module} import {name}", module


def _javascript(source: Source, other: Source, name: str) -> tuple[str, str] | None:
    known = statements(source)
    if not known or not _is_exported(other, name):
        return None
    path = re.sub(r"(?:/index)?\.(?:d\.)?[cm]?[jt]sx?$", "", other.path)
    relative = posixpath.relpath(path, posixpath.dirname(source.path) or ".")
    module = relative if relative.startswith(".") else f"./{relative}"
    module = next((each.module for each in known if re.sub(r"\.[cm]?[jt]sx?$", "", each.module) == module), module)
    last = known[-1].text.strip()
    end, quote = ";" if last.endswith(";") else "", "'" if "'" in last else '"'
    if last.startswith("import"):
        return f"import {{ {name} }} from {quote}{module}{quote}{end}", module
    return f"const {{ {name} }} = require({quote}{module}{quote}){end}", module


_FORMS = {"java": _java, "python": _python, "javascript": _javascript}


def _relative(own: list[str], target: list[str]) -> str:
    """Return Python's relative name of a module, or "" if it is in no package with the file."""
    common = common_ends(own, target)[0]
    return "." * (len(own) - common + 1) + ".".join(target[common:]) if common else ""


def _is_exported(source: Source, name: str) -> bool:
    word = re.escape(name)
    kinds = "const|let|function|class|interface|type|enum|abstract class|async function"
    exported = (
        rf"\bexport\s+(?:declare\s+)?(?:{kinds})\s+{word}\b|\bexport\s*\{{[^}}]*\b{word}\b|\bexports\b[^;]*\b{word}\b"
    )
    return bool(re.search(exported, source.text))
