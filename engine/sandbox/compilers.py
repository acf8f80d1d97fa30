"""Whether a compiler of this machine accepts some code. Nothing of the code is run, and the compiler runs under limits.

The compiler's message is given to the model, which may run on somebody's server: code that would make the compiler read
files by their paths, and quote them, is not checked. Code is wrapped in what its language requires around it (a class,
a package). A language whose compiler is absent is not checked, which the result tells.
"""

from __future__ import annotations

import ast
import math
import re
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from engine.sandbox.sandbox import Job, Limits, Sandbox, Stage
from engine.sandbox.tools import ANSWER_SECONDS, JVM, Absent, find_tool, output_of
from engine.types import EngineError

LIMITS = Limits(wall_seconds=30, cpu_seconds=20, memory_bytes=2 * 2**30, processes=128)
TRIAL_LIMITS = replace(LIMITS, wall_seconds=ANSWER_SECONDS)
MAX_MESSAGE_LINES = 6
MAX_MESSAGE_CHARS = 600
MAX_CODE_CHARS = 400_000
# Lines that C joins, then the headers that anybody includes, then everything else that reads a file, including names of
# macros.
C_JOINED = re.compile(r"(?:\\|\?\?/)[ \t]*\r?\n")
C_HEADER = re.compile(
    r"^[ \t]*#[ \t]*include[ \t]*(?:<(?!.*\.\.)[\w+][\w+./-]*>|\"(?!.*\.\.)[\w+][\w+./-]*\")", re.MULTILINE
)
C_READS = re.compile(
    r"(?:#|%:|\?\?=)(?:\s|/\*.*?\*/)*(?:include|import|embed)|__has_include|__has_embed|incbin|pch_preprocess",
    re.DOTALL,
)
_BLANK = r"(?:\s|/\*.*?\*/|//[^\n]*\n)*"
RUST_READS = re.compile(rf"\binclude(?:_str|_bytes)?\b|\bpath{_BLANK}={_BLANK}r?#*\"", re.DOTALL)
# A compiler whose own processes were ended by our limits prints this, and fails as if the code were wrong.
OUR_LIMIT = re.compile(
    r"signal: |Killed signal|internal compiler error|[Cc]annot allocate memory|out of memory|OutOfMemoryError"
    r"|virtual memory exhausted|No space left on device|Resource temporarily unavailable"
)
# What every working compiler accepts, headers included.
RIGHT_PROGRAMS = {
    "c": "#include <stdio.h>\nint main(void) { return 0; }\n",
    "cpp": "#include <string>\nint main() { return 0; }\n",
    "java": "class Right {}\n",
    "javascript": "export const right = 1;\n",
    "typescript": "export const right: number = 1;\n",
    "go": "func Right() int { return 1 }\n",
    "rust": "pub fn right() -> i32 { 1 }\n",
}
RETRY_SECONDS = 300.0
NOT_JAVA_CODE = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|/\*.*?\*/|//[^\n]*", re.DOTALL)


@dataclass(frozen=True)
class Compiler:
    """How a compiler is run. `command` checks `source` and writes nothing that is kept; `wrap` turns a snippet into a
    file.

    The exit code is one of `refuses` if the code is wrong; any other means that it could not be checked.
    """

    name: str
    source: str
    command: tuple[str, ...]
    readable: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    wrap: Callable[[str], str] = lambda code: code
    refuses: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Verdict:
    """`compiler` is "" if nothing checked the code, `fault` is "" if it was accepted."""

    compiler: str = ""
    fault: str = ""


def compile_check(language_id: str, code: str) -> Verdict:
    """Check some code. Blocks for up to `LIMITS`. Never raises: a compiler that cannot be run has checked nothing."""
    if len(code) > MAX_CODE_CHARS or _reads_files(language_id, code):
        return Verdict()
    if language_id == "python":
        return _python(code)
    compiler = compiler_of(language_id)
    return Verdict() if compiler is None else _check(compiler, code, LIMITS)


def compiler_of(language_id: str) -> Compiler | None:
    """Return the compiler of a language, or None if this machine has none that works.

    A compiler works if it accepts a program that is right; this is tried once. If there is none, it is looked for again
    after `RETRY_SECONDS`.
    """
    compiler, until = _known.get(language_id, (None, 0.0))
    if time.monotonic() >= until:
        compiler = _find_working(language_id)
        _known[language_id] = compiler, math.inf if compiler else time.monotonic() + RETRY_SECONDS
    return compiler


# By languageId: the compiler, and until when the entry is valid, in monotonic time.
_known: dict[str, tuple[Compiler | None, float]] = {}


def _find_working(language_id: str) -> Compiler | None:
    if language_id not in _FIND:
        return None
    try:
        compiler = _FIND[language_id]()
    except Absent:
        return None
    verdict = _check(compiler, RIGHT_PROGRAMS[language_id], TRIAL_LIMITS)
    return compiler if verdict == Verdict(compiler.name) else None


def _check(compiler: Compiler, code: str, limits: Limits) -> Verdict:
    job = Job(
        {compiler.source: compiler.wrap(code)},
        (Stage(compiler.command, limits),),
        compiler.readable,
        compiler.environment,
    )
    try:
        # The code itself is never run, so limits are enough on a machine that offers no isolation.
        with closing(Sandbox(accept_no_isolation=True)) as sandbox:
            (result,) = sandbox.run(job)
    except (EngineError, OSError):
        return Verdict()
    if result.exit_code == 0:
        return Verdict(compiler.name)
    if result.stopped or result.exit_code not in compiler.refuses or OUR_LIMIT.search(result.output):
        return Verdict()  # one of our limits, or a crash of the compiler: this proves nothing about the code
    return Verdict(compiler.name, first_lines(result.output))


def _reads_files(language_id: str, code: str) -> bool:
    """True if a compiler might read files that the code names by their paths."""
    if language_id in {"c", "cpp"}:
        return C_READS.search(C_HEADER.sub("", C_JOINED.sub("", code))) is not None
    return language_id == "rust" and RUST_READS.search(code) is not None


def _python(code: str) -> Verdict:
    name = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as fault:
        return Verdict(name, f"line {fault.lineno}: {fault.msg}")
    except (ValueError, RecursionError, MemoryError) as fault:
        return Verdict(name, str(fault) or "there is not enough memory to parse it")
    return Verdict(name)


def _c() -> Compiler:
    compiler, folder = find_tool("gcc", "no C compiler (gcc)")
    return Compiler("gcc", "main.c", (compiler, "-fsyntax-only", "main.c"), (folder,))


def _cpp() -> Compiler:
    compiler, folder = find_tool("g++", "no C++ compiler (g++)")
    return Compiler("g++", "main.cpp", (compiler, "-std=c++17", "-fsyntax-only", "main.cpp"), (folder,))


def _java() -> Compiler:
    compiler, folder = find_tool("javac", "no Java compiler (javac)")
    # -proc:none: annotation processors would run code.
    options = (*(f"-J{option}" for option in JVM), "-encoding", "UTF-8", "-proc:none", "-d", "out")
    return Compiler("javac", "Main.java", (compiler, *options, "Main.java"), (folder,), wrap=_in_java_class)


def _javascript() -> Compiler:
    node, folder = find_tool("node", "no JavaScript runtime (node)")
    # As a module: `import` is an error in a script.
    return Compiler("node", "main.mjs", (node, "--check", "main.mjs"), (folder,))


def _typescript() -> Compiler:
    compiler, folder = find_tool("tsc", "no TypeScript compiler (tsc)")
    node, other = find_tool("node", "no JavaScript runtime (node)")
    options = ("--noEmit", "--target", "es2022", "--moduleResolution", "node", "main.ts")
    return Compiler("tsc", "main.ts", (node, compiler, *options), (folder, other), refuses=(1, 2))


def _go() -> Compiler:
    go, folder = find_tool("go", "no Go compiler (go)")
    environment = {
        "GOFLAGS": "-mod=mod", "GO111MODULE": "off", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOTELEMETRY": "off",
        "GOCACHE": "{files}/cache", "GOPATH": "{files}/go", "HOME": "{files}", "CGO_ENABLED": "0",
    }  # fmt: skip
    readable = (folder, output_of(go, "env", "GOROOT"))
    command = (go, "build", "-o", "out", "main.go")
    return Compiler("go", "main.go", command, readable, environment, _in_package, refuses=(1, 2))


def _rust() -> Compiler:
    found, _ = find_tool("rustc", "no Rust compiler (rustc)")
    folder = output_of(found, "--print", "sysroot")
    options = ("--crate-type", "lib", "--edition", "2021", "--emit", "metadata", "-A", "warnings", "main.rs")
    return Compiler("rustc", "main.rs", (f"{folder}/bin/rustc", *options), (folder,))


def _in_java_class(code: str) -> str:
    """Return Java code as a file: methods in a class, and classes that need no file of their own name."""
    if not re.search(r"\b(?:class|interface|enum|record)\s+\w", NOT_JAVA_CODE.sub(" ", code)):
        imports = "".join(re.findall(r"^import [^;\n]+;\n?", code, re.MULTILINE))
        rest = re.sub(r"^import [^;\n]+;\n?", "", code, flags=re.MULTILINE)
        return f"{imports}class Main {{\n{rest}\n}}\n"
    return re.sub(
        r"^public\s+(?=(?:(?:final|abstract|sealed|non-sealed|strictfp)\s+)*(?:class|@?interface|enum|record)\s)",
        "",
        code,
        flags=re.MULTILINE,
    )


def _in_package(code: str) -> str:
    """Return Go code as a file of a package, which is not `main` unless the code has a main function."""
    if not re.search(r"^package \w+", code, re.MULTILINE):
        return f"package translated\n\n{code}"
    if re.search(r"^func main\(", code, re.MULTILINE):
        return code
    return re.sub(r"^package main\b", "package translated", code, flags=re.MULTILINE)


_FIND: dict[str, Callable[[], Compiler]] = {
    "c": _c, "cpp": _cpp, "java": _java, "javascript": _javascript, "typescript": _typescript, "go": _go, "rust": _rust,
}  # fmt: skip


def first_lines(output: str) -> str:
    """Return the first lines of a compiler's message."""
    lines = [line.rstrip() for line in output.strip().split("\n") if line.strip() and not line.startswith("#")]
    return "\n".join(lines[:MAX_MESSAGE_LINES])[:MAX_MESSAGE_CHARS] or "no message"
