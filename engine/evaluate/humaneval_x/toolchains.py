"""The compilers and interpreters of this machine, and how each runs a program of its language in the sandbox."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.evaluate.humaneval_x.dependencies import GO_ENVIRONMENT, GO_TEST, build_go_module, build_rust_crates
from engine.evaluate.humaneval_x.programs import REACHED_THE_END, RUST_CRATES
from engine.evaluate.humaneval_x.verdict import Proof, Verdict, judge
from engine.sandbox.compilers import first_lines
from engine.sandbox.sandbox import Job, Limits, Sandbox, Stage, interpreter, python_folders
from engine.sandbox.tools import JVM, Absent, find_tool, output_of
from engine.types import EngineError

# Generous, so that a busy machine changes no verdict; the benchmark's programs need a fraction of it.
COMPILE_LIMITS = Limits(wall_seconds=180, cpu_seconds=90, memory_bytes=2 * 2**30, processes=128)
RUN_LIMITS = Limits(wall_seconds=60, cpu_seconds=10, memory_bytes=2**30)
NODE_MODULES = ("/usr/lib/node_modules", "/usr/local/lib/node_modules", "/usr/share/nodejs")


@dataclass(frozen=True)
class Toolchain:
    """How the programs of a language are compiled and run.

    `check` is a program that must pass; if it does not, `fallback` is tried. `absent` are modules that programs may
    import and that are not installed.
    """

    version: str
    source: str
    run: tuple[str, ...]
    check: str
    compile: tuple[str, ...] = ()
    libraries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # options for a text in a program
    proof: Proof = field(default_factory=Proof)
    readable: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    linked: Mapping[str, str] = field(default_factory=dict)
    compile_folder: str = ""
    absent: tuple[str, ...] = ()
    fallback: Toolchain | None = None

    def compile_fault(self, sandbox: Sandbox, program: str) -> str:
        """Return the compiler's message about a program, or "" if it accepts it; only for compiled languages."""
        more = tuple(option for text, options in self.libraries.items() if text in program for option in options)
        stage = Stage((*self.compile, *more), COMPILE_LIMITS, self.compile_folder)
        (result,) = sandbox.run(Job({self.source: program}, (stage,), self.readable, self.environment, self.linked))
        return "" if result.exit_code == 0 else first_lines(result.output)

    def test(self, sandbox: Sandbox, program: str) -> tuple[Verdict, str]:
        """Run a program in a sandbox of its own."""
        more = tuple(option for text, options in self.libraries.items() if text in program for option in options)
        compiling = Stage((*self.compile, *more), COMPILE_LIMITS, self.compile_folder)
        stages = (compiling, Stage(self.run, RUN_LIMITS)) if self.compile else (Stage(self.run, RUN_LIMITS),)
        job = Job({self.source: program}, stages, self.readable, self.environment, self.linked)
        return judge(sandbox.run(job), len(stages), self.proof)


def find_toolchain(name: str, data: Path, cache: Path, sandbox: Sandbox) -> Toolchain:
    """Return the toolchain of a language, tried out in the sandbox. Raises `Absent`.

    `data` is the benchmark's folder; what is built once for all programs of a language is kept in `cache`.
    """
    try:
        toolchain = _FIND[name](data, cache)
        verdict, message = toolchain.test(sandbox, toolchain.check)
        if verdict is not Verdict.PASSED and toolchain.fallback is not None:
            toolchain = toolchain.fallback
            verdict, message = toolchain.test(sandbox, toolchain.check)
    except (EngineError, OSError, subprocess.TimeoutExpired) as fault:
        raise Absent(str(fault)) from fault
    if verdict is not Verdict.PASSED:
        raise Absent(f"{toolchain.version} does not work in the sandbox: {verdict.value}: {message}")
    return toolchain


def _python(_data: Path, _cache: Path) -> Toolchain:
    end = f"raise SystemExit({REACHED_THE_END})\n"
    version = f"Python {sys.version.split()[0]}"
    bare = Toolchain(
        version=f"{version} without numpy",
        source="main.py",
        run=(interpreter(), "-I", "-B", "main.py"),
        check=end,
        proof=Proof(exit_code=REACHED_THE_END),
        readable=python_folders(),
        environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        absent=("numpy",),
    )
    return replace(bare, version=version, check=f"import numpy\n{end}", absent=(), fallback=bare)


def _cpp(_data: Path, _cache: Path) -> Toolchain:
    compiler, folder = find_tool("g++", "no C++ compiler (g++)")
    return Toolchain(
        version=f"g++ {output_of(compiler, '-dumpfullversion')}",
        source="main.cpp",
        compile=(compiler, "-std=c++11", "main.cpp", "-o", "main"),
        libraries={"openssl/": ("-lcrypto", "-lssl")},
        run=("./main",),
        check="#include <string>\nint main() {}\n",
        readable=(folder,),
    )


def _java(_data: Path, _cache: Path) -> Toolchain:
    compiler, folder = find_tool("javac", "no Java compiler (javac)")
    machine, other = find_tool("java", "no Java virtual machine (java)")
    return Toolchain(
        version=output_of(compiler, "-version"),
        source="Main.java",
        compile=(compiler, *(f"-J{option}" for option in JVM), "-encoding", "UTF-8", "Main.java"),
        run=(machine, *JVM, "-cp", ".", "Main"),
        check="public class Main { public static void main(String[] a) {} }\n",
        readable=(folder, other),
    )


def _js(_data: Path, _cache: Path) -> Toolchain:
    node, folder = find_tool("node", "no JavaScript runtime (node)")
    return Toolchain(
        version=f"Node.js {output_of(node, '--version').removeprefix('v')}",
        source="main.js",
        run=(node, "--max-old-space-size=512", "main.js"),
        check=f"process.exitCode = {REACHED_THE_END}\n",
        proof=Proof(exit_code=REACHED_THE_END, silent=True),
        readable=(folder,),
        environment={"NODE_PATH": ":".join(NODE_MODULES)},
    )


def _go(data: Path, cache: Path) -> Toolchain:
    go, folder = find_tool("go", "no go compiler")
    version = output_of(go, "env", "GOVERSION")
    module = build_go_module(go, version, data / "go", cache)
    return Toolchain(
        version=version,
        source="main_test.go",
        compile=(go, "test", "-c", "-o", "{files}/main.test", "{files}/main_test.go"),
        compile_folder=str(module),
        run=("./main.test",),
        check=GO_TEST,
        proof=Proof(output="PASS"),
        readable=(folder, output_of(go, "env", "GOROOT"), str(module)),
        environment={**GO_ENVIRONMENT, "GOCACHE": "{files}/cache", "GOPATH": "{files}/go"},
        linked={"cache": str(module / "cache")},  # the command fails with a cache that it cannot write to
    )


def _rust(data: Path, cache: Path) -> Toolchain:
    found, _ = find_tool("rustc", "no Rust compiler (rustc)")
    folder = Path(output_of(found, "--print", "sysroot"))  # what rustup's proxy would start
    compiler = folder / "bin" / "rustc"
    version = output_of(str(compiler), "--version")
    crates = build_rust_crates(folder / "bin" / "cargo", version, data / "rust", cache)
    absent = tuple(crate for crate in RUST_CRATES if crate not in crates.libraries)
    externs = [option for crate, file in crates.libraries.items() for option in ("--extern", f"{crate}={file}")]
    return Toolchain(
        version=" ".join(version.split()[:2]) + (f" without the crates {', '.join(absent)}" if absent else ""),
        source="main.rs",
        compile=(
            str(compiler), "--test", "--edition", "2021", "-A", "warnings", "-C", "debuginfo=0",
            "-L", f"dependency={crates.folder}", *externs, "main.rs", "-o", "main",
        ),
        run=("./main",),
        check="".join(f"use {crate};\n" for crate in crates.libraries) + "fn main() {}\n#[test]\nfn nothing() {}\n",
        proof=Proof(output="test result: ok"),
        readable=(str(folder), str(crates.folder)),
        absent=absent,
    )  # fmt: skip


_FIND: dict[str, Callable[[Path, Path], Toolchain]] = {
    "python": _python, "cpp": _cpp, "java": _java, "js": _js, "go": _go, "rust": _rust,
}  # fmt: skip
