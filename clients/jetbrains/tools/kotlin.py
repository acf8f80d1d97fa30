"""Compile the plugin without Gradle: the Kotlin compiler of the npm registry, and declarations of the platform.

The compiler is fetched once, into `.cache/kotlin` of the checkout. A module is compiled again when its sources or those
of a module it depends on have changed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[1]
CACHE = CLIENT.parents[1] / ".cache"
OUT = CACHE / "jetbrains"
COMPILER = "kotlin-compiler@2.1.21"
COMPILER_SHA512 = (
    "3ef5e2700470bd0e8ed0a0539c99d73a7c528d66cd9d105e2a7b9c2bb30ce1a3"
    "95177a4c1d8e65942e886e1fad00e452baaf351a7fd7ed699890e2a4a74ff6de"
)
OLDEST_JAVA = 17
LIBRARIES = CACHE / "kotlin" / "package" / "lib"
KOTLIN_COMPILER_JAR = LIBRARIES / "kotlin-compiler.jar"
RUNTIME = (LIBRARIES / "kotlin-stdlib.jar", LIBRARIES / "kotlinx-coroutines-core-jvm.jar")
ANNOTATIONS = LIBRARIES / "annotations-13.0.jar"
# Interfaces with real default methods, as the platform has them: without this, classes refer to `$DefaultImpls`.
OPTIONS = (
    "-jvm-target",
    "17",
    "-Xjvm-default=all",
    "-language-version",
    "2.0",
    "-api-version",
    "2.0",
    "-no-stdlib",
    "-no-reflect",
    "-Xno-call-assertions",
    "-Xno-param-assertions",
    "-Xno-receiver-assertions",
    "-Xno-source-debug-extension",
)


@dataclass(frozen=True)
class Module:
    """Sources that are compiled together."""

    name: str
    folders: tuple[Path, ...]  # of Kotlin and Java sources
    needs: tuple[Module, ...] = ()  # modules on its class path
    jars: tuple[Path, ...] = ()  # libraries before `needs`, besides the Kotlin runtime
    is_shown: bool = True  # report the compiler's warnings

    @property
    def out(self) -> Path:
        return OUT / self.name

    @cached_property
    def sources(self) -> list[Path]:
        return sorted(file for folder in self.folders for file in folder.rglob("*") if file.suffix in {".kt", ".java"})

    @cached_property
    def stamp(self) -> str:
        """Return a checksum of everything that the module's classes depend on."""
        digest = hashlib.sha256(repr((COMPILER, OPTIONS, self.jars, [need.stamp for need in self.needs])).encode())
        for source in self.sources:
            digest.update(source.relative_to(CLIENT).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
        return digest.hexdigest()

    @property
    def is_current(self) -> bool:
        file = self.out / ".stamp"
        return file.exists() and file.read_text() == self.stamp

    @property
    def class_path(self) -> list[Path]:
        return [*self.jars, *(need.out for need in self.needs), *RUNTIME, ANNOTATIONS]


PLATFORM = Module("platform", (CLIENT / "platform",))
CORE = Module("core", tuple(CLIENT / "src/codegeex" / room for room in ("lsp", "text", "ui")))
PLUGIN = Module("plugin", (CLIENT / "src/codegeex/jetbrains",), (PLATFORM, CORE))


def java_fault() -> str:
    """Return why there is no JDK to compile with, or ""."""
    try:
        told = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return f"needs a JDK {OLDEST_JAVA} or newer"
    version = int((re.search(r"\d+", told.stdout + told.stderr) or ["0"])[0])
    return "" if version >= OLDEST_JAVA else f"needs a JDK {OLDEST_JAVA} or newer; this one is {version}"


def fetch_compiler() -> None:
    """Fetch the compiler from the npm registry, once."""
    if KOTLIN_COMPILER_JAR.exists():
        return
    folder = CACHE / "kotlin"
    folder.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        sys.exit(
            "the JetBrains plugin needs npm (Node 20 or newer), which fetches the Kotlin compiler: https://nodejs.org"
        )
    packed = subprocess.run(
        [npm, "pack", "--silent", COMPILER], cwd=folder, check=False, capture_output=True, text=True
    )
    if packed.returncode:
        sys.exit(f"{COMPILER} cannot be fetched from the npm registry: {packed.stderr.strip() or packed.returncode}")
    archive = folder / packed.stdout.strip()
    if hashlib.sha512(archive.read_bytes()).hexdigest() != COMPILER_SHA512:
        archive.unlink()
        sys.exit(f"{COMPILER}: the file from the registry is not the one this was made with")
    fresh = folder / "fresh"
    with tarfile.open(archive) as file:
        file.extractall(fresh, filter="data")
    (fresh / "package").rename(folder / "package")
    fresh.rmdir()
    archive.unlink()


def compile_modules(*modules: Module) -> None:
    """Compile what is not current, in this order; each module stands after those it needs."""
    fetch_compiler()
    stale = [module for module in modules if not module.is_current]
    if not stale:
        return
    arguments: list[str] = []
    for module in stale:
        shutil.rmtree(module.out, ignore_errors=True)
        module.out.mkdir(parents=True)
        java = [str(file) for file in module.sources if file.suffix == ".java"]
        path = os.pathsep.join(map(str, module.class_path))
        if java:  # they refer to no Kotlin
            subprocess.run(
                ["javac", "--release", str(OLDEST_JAVA), "-nowarn", "-cp", path, "-d", module.out, *java], check=True
            )
            path += os.pathsep + str(module.out)
        kotlin = [str(file) for file in module.sources if file.suffix == ".kt"]
        quiet = [] if module.is_shown else ["-nowarn"]
        # Modules that are tested see what is internal in the modules they test.
        arguments += [*OPTIONS, *quiet, "-cp", path, "-d", str(module.out), *kotlin, "--"]
    compiler = os.pathsep.join(
        map(str, (KOTLIN_COMPILER_JAR, *RUNTIME, LIBRARIES / "kotlin-reflect.jar", LIBRARIES / "trove4j.jar"))
    )
    tuned = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g", "-cp", compiler]
    done = subprocess.run(["java", *tuned, Path(__file__).with_name("Compile.java"), *arguments], check=False)
    if done.returncode:
        sys.exit("the JetBrains plugin does not compile")
    for module in stale:
        (module.out / ".stamp").write_text(module.stamp)
