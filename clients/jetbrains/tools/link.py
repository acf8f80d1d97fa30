"""Resolve what the plugin refers to: `link.py IDE` against the jars of a JetBrains IDE, with Python alone.

Every class, field and method of the platform that the plugin refers to must be there. Without arguments it is resolved
against our declarations: then nothing undeclared is used, and nothing internal.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from class_files import ABSTRACT, STATIC, Classes, Reference
from kotlin import CLIENT, OUT, PLATFORM, RUNTIME

ZIP = CLIENT / "codegeex-lsp.zip"
PLATFORM_PACKAGE = "com/intellij/"
# Packages that change between versions without notice, and what Kotlin's old scheme for default methods needs.
INTERNAL = ("inline/completion/logs/", "inline/completion/session/", "/impl/", "$DefaultImpls")


def plugin_jar() -> Path:
    """Return the jar in the plugin's zip, unpacked."""
    if not ZIP.exists():
        sys.exit(f"{ZIP} is not there: `make jetbrains` builds it")
    with zipfile.ZipFile(ZIP) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".jar"))
        jar = OUT / "check" / Path(name).name
        jar.parent.mkdir(parents=True, exist_ok=True)
        jar.write_bytes(archive.read(name))
    return jar


def references(plugin: Classes) -> set[Reference]:
    """Return what the plugin refers to in the platform."""
    found = {reference for each in plugin for reference in each.references}
    return {(owner.strip("[L;"), member) for owner, member in found if owner.strip("[L;").startswith(PLATFORM_PACKAGE)}


def unresolved(plugin: Classes, platform: Classes) -> Iterator[str]:
    """Yield each reference that the platform does not have, and each internal one."""
    absent = set()
    for owner, member in sorted(references(plugin), key=str):
        place = owner + (f".{member[1]}{member[2]}" if member else "")
        if any(part in place for part in INTERNAL):
            yield f"{place} is internal"
        if platform.get(owner) is None:
            if owner not in absent:
                yield f"no class {owner}"
            absent.add(owner)
        elif member and platform.find(owner, member) is None:
            yield f"no member {place}"


def unimplemented(plugin: Classes, platform: Classes) -> Iterator[str]:
    """Yield each abstract method of the platform that a class of the plugin inherits and does not have."""
    both = Classes([])
    both.get = lambda name: plugin.get(name) or platform.get(name)  # type: ignore[method-assign]
    for each in plugin:
        if each.flags & ABSTRACT:
            continue
        for owner in _supertypes(each.name, both):
            declared = platform.get(owner)
            for member, flags in declared.members.items() if declared else ():
                found = both.find(each.name, member)
                concrete = _concrete(each.name, member, both)
                if member[0] == "method" and flags & ABSTRACT and found is not None and not concrete:
                    yield f"{each.name} lacks {owner}.{member[1]}{member[2]}"


def _supertypes(name: str, classes: Classes) -> set[str]:
    found = classes.get(name)
    direct = set(found.supertypes) if found else set()
    return direct.union(*(_supertypes(each, classes) for each in direct))


def _concrete(name: str, member: tuple[str, str, str], classes: Classes) -> bool:
    """Return True if a class or one of its supertypes has a body for a method."""
    places = [name, *_supertypes(name, classes)]
    flags = [found.members[member] for place in places if (found := classes.get(place)) and member in found.members]
    return any(not each & (ABSTRACT | STATIC) for each in flags)


def check(plugin: Classes, platform: Classes) -> bool:
    """Print what does not resolve. Return True if everything does."""
    faults = [*unresolved(plugin, platform), *unimplemented(plugin, platform)]
    for fault in faults:
        print(f"  {fault}")
    print(f"{len(references(plugin))} references to the platform, {len(faults)} faults")
    return not faults


def main(ide: Path | None = None) -> bool:
    """Resolve against an IDE, or against our declarations. Return True if everything is there."""
    if ide is None:
        return check(Classes([plugin_jar()]), Classes([PLATFORM.out, *RUNTIME]))
    jars = sorted(
        file for name in ("lib", "Contents/lib", "plugins", "Contents/plugins") for file in (ide / name).rglob("*.jar")
    )
    if not jars:
        sys.exit(f"{ide} holds no IDE: it has no jars in lib")
    print(f"{len(jars)} jars of {ide}")
    return check(Classes([plugin_jar()]), Classes(jars))


if __name__ == "__main__":
    sys.exit(0 if main(*map(Path, sys.argv[1:2])) else 1)
