"""Compare our declarations of the platform with real classes of it: `check_api.py [JAR…]`.

Without arguments: with the platform classes inside the Kotlin compiler, and with those of Debian's packages if they can
be had. Every member that a real class has must agree; differences that are known stand in `known_differences.txt` with
their reason.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from class_files import ABSTRACT, PRIVATE, PROTECTED, PUBLIC, STATIC, Classes, ClassFile
from kotlin import CACHE, KOTLIN_COMPILER_JAR, PLATFORM, compile_modules

DEBIAN = CACHE / "debian"
DEBIAN_PACKAGES = ("core", "platform-api", "platform-impl", "utils", "extensions")
KNOWN = Path(__file__).with_name("known_differences.txt")


def known_differences() -> dict[str, str]:
    """Return the reasons of known differences, by difference."""
    known, reason = {}, ""
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            reason = line.removeprefix("#").strip()
        elif line.strip():
            known[line.strip()] = reason
    return known


def differences(ours: Classes, real: Classes) -> tuple[int, list[str]]:
    """Return how many members agree, and each difference in words."""
    agree, found = 0, []
    for declared in ours:
        other = real.get(declared.name)
        if other is None:
            continue
        if declared.is_interface != other.is_interface:
            found.append(f"{declared.name} is {'an interface' if other.is_interface else 'a class'}")
        for member, flags in declared.members.items():
            if not flags & (PUBLIC | PROTECTED) or member[1] == "<clinit>":
                continue
            if fault := _fault(declared, member, flags, real):
                found.append(fault)
            else:
                agree += 1
    return agree, found


def _fault(declared: ClassFile, member: tuple[str, str, str], flags: int, real: Classes) -> str:
    _, name, descriptor = member
    known = real.find(declared.name, member)
    if known is None:
        return f"{declared.name}.{name}{descriptor} is missing"
    if (flags ^ known) & STATIC:
        return f"{declared.name}.{name}{descriptor} is {'' if known & STATIC else 'not '}static"
    if known & PRIVATE:
        return f"{declared.name}.{name}{descriptor} is private"
    # What we implement must be all that is abstract there; the other way round is the platform's default.
    return f"{declared.name}.{name}{descriptor} is abstract" if known & ABSTRACT and not flags & ABSTRACT else ""


def debian_jars() -> list[Path]:
    """Return Debian's jars of the platform (2018.3, whole classes), fetched once; [] if they cannot be had."""
    jars = [
        DEBIAN / f"usr/share/java/intellij-{name}.jar"
        for name in ("core", "platform-api", "platform-impl", "util", "extensions")
    ]
    if not all(jar.exists() for jar in jars):
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            return []
        DEBIAN.mkdir(parents=True, exist_ok=True)
        packages = [f"libintellij-{name}-java" for name in DEBIAN_PACKAGES]
        fetched = subprocess.run(["apt-get", "download", *packages], cwd=DEBIAN, check=False, capture_output=True)
        if fetched.returncode:
            return []
        for package in DEBIAN.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package.name, "."], cwd=DEBIAN, check=True)
            package.unlink()
    return [jar for jar in jars if jar.exists()]


def check(title: str, jars: list[Path]) -> list[str]:
    """Compare with some jars, print the sums, and return the unknown differences."""
    agree, found = differences(Classes([PLATFORM.out]), Classes(jars))
    known = known_differences()
    unknown = [difference for difference in found if difference not in known]
    print(f"{title}: {agree} members agree, {len(found) - len(unknown)} known differences, {len(unknown)} unknown")
    for difference in unknown:
        print(f"  {difference}")
    return unknown


def main(*jars: Path) -> bool:
    """Compare with `jars`, or with all that can be had. Return True if nothing unknown differs."""
    compile_modules(PLATFORM)
    if jars:
        return not check("the given jars", list(jars))
    unknown = check("the Kotlin compiler's classes", [KOTLIN_COMPILER_JAR])
    if debian := debian_jars():
        unknown += check("Debian's classes", debian)
    else:
        print("left out: Debian's classes of the platform (no apt-get, or no network)")
    return not unknown


if __name__ == "__main__":
    sys.exit(0 if main(*map(Path, sys.argv[1:])) else 1)
