"""Each language this machine has, from a program's text to a verdict. Go and Rust only without what must be built."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.evaluate.humaneval_x import dependencies, toolchains
from engine.evaluate.humaneval_x.dependencies import RustCrates, build_go_module, build_rust_crates
from engine.evaluate.humaneval_x.problems import Problem, Task, read_problems
from engine.evaluate.humaneval_x.programs import assemble_program
from engine.evaluate.humaneval_x.solution import read_continuation
from engine.evaluate.humaneval_x.toolchains import Toolchain, find_toolchain
from engine.evaluate.humaneval_x.verdict import Verdict
from engine.sandbox import tools
from engine.sandbox.sandbox import Sandbox, find_isolation
from engine.sandbox.tools import Absent
from engine.types import EngineError
from tests.engine.evaluate.small_problems import DATA, PROBLEMS, PYTHON, needs_data
from tests.installed import needs, stub

TOOLS = {"python": "python3", "cpp": "g++", "java": "javac -version", "js": "node", "rust": "rustc"}
WRONG = {"rust": "\n    3 * n\n}", "python": "    return 3 * n\n"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with closing(Sandbox(accept_no_isolation=True)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_crates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dependencies, "DEBIAN_CRATES", tmp_path / "none")


def verdict(sandbox: Sandbox, toolchain: Toolchain, problem: Problem, code: str) -> Verdict:
    program = assemble_program(problem, read_continuation(problem, Task.GENERATE, code), toolchain.absent)
    return toolchain.test(sandbox, program)[0]


@pytest.mark.parametrize("name", TOOLS)
def test_right_and_wrong_solutions(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    needs(*TOOLS[name].split())
    toolchain, problem = toolchains._FIND[name](tmp_path, tmp_path), PROBLEMS[name]
    assert verdict(sandbox, toolchain, problem, problem.canonical_solution) is Verdict.PASSED
    if name != "java":  # by far the slowest
        assert verdict(sandbox, toolchain, problem, WRONG.get(name, "    return 3 * n;\n}")) is Verdict.FAILED
    if name == "rust":  # the quickest of those that are compiled
        assert verdict(sandbox, toolchain, problem, "    return return\n}") is Verdict.COMPILE_ERROR


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("cpp", "no C++ compiler (g++)"),
        ("java", "no Java compiler (javac)"),
        ("js", "no JavaScript runtime (node)"),
        ("go", "no go compiler"),
        ("rust", "no Rust compiler (rustc)"),
    ],
)
def test_what_is_absent_is_named(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, lacking: str
) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda _: None)
    with pytest.raises(Absent) as why:
        find_toolchain(name, tmp_path, tmp_path, sandbox)
    assert str(why.value) == lacking


def test_a_toolchain_that_does_not_work_is_absent(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)  # programs run under another user id
    node = stub(tmp_path / "bin", "node", "echo v99")
    monkeypatch.setattr(tools.shutil, "which", lambda _: str(node))
    with pytest.raises(Absent, match=r"^Node\.js 99 does not work in the sandbox: failed: it ended before"):
        find_toolchain("js", tmp_path, tmp_path, sandbox)
    stub(node.parent, "node", "echo no toolchain >&2; exit 1")
    with pytest.raises(Absent, match="node does not work: no toolchain"):
        find_toolchain("js", tmp_path, tmp_path, sandbox)


def test_leaving_early_is_no_pass(sandbox: Sandbox, tmp_path: Path) -> None:
    toolchain = find_toolchain("python", tmp_path, tmp_path, sandbox)
    program = assemble_program(PYTHON, read_continuation(PYTHON, Task.GENERATE, "    raise SystemExit(0)\n"), ())
    assert toolchain.test(sandbox, program) == (Verdict.FAILED, "it ended before its tests did")


def test_python_without_numpy_runs_what_needs_none(sandbox: Sandbox, tmp_path: Path) -> None:
    bare = toolchains._FIND["python"](tmp_path, tmp_path).fallback
    assert bare.version.endswith("without numpy")
    assert "numpy" not in assemble_program(PYTHON, read_continuation(PYTHON, Task.GENERATE, ""), bare.absent)
    assert verdict(sandbox, bare, PYTHON, PYTHON.canonical_solution) is Verdict.PASSED


def test_the_next_best_is_taken_where_the_check_fails(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = toolchains._FIND["python"](tmp_path, tmp_path)
    broken = replace(best, check="import no_such_module\n")
    monkeypatch.setitem(toolchains._FIND, "python", lambda *_: broken)
    assert find_toolchain("python", tmp_path, tmp_path, sandbox) == best.fallback


def test_crates_that_nobody_has_fetched_are_left_out(tmp_path: Path) -> None:
    assert build_rust_crates(tmp_path / "cargo", "1.95", tmp_path, tmp_path) == RustCrates(tmp_path)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    for name in ("go.mod", "go.sum", "vendor.tar.gz"):
        (tmp_path / name).write_bytes(b"\x1f\x8b damaged")
    with pytest.raises(EngineError, match=r"vendor\.tar\.gz is damaged"):
        build_go_module("go", "1.19", tmp_path, tmp_path / "cache")
    (tmp_path / "go.sum").unlink()
    with pytest.raises(EngineError, match=r"go\.sum is missing: Go's tests need it"):
        build_go_module("go", "1.19", tmp_path, tmp_path / "cache")


def test_an_archive_stays_in_its_folder(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for name in ("vendor/inside", "../outside"):
            archive.addfile(tarfile.TarInfo(name))
    (tmp_path / "to").mkdir()
    dependencies._unpack(tmp_path / "a.tar.gz", tmp_path / "to")
    assert (tmp_path / "to" / "vendor" / "inside").exists()
    assert not (tmp_path / "outside").exists()


def test_what_programs_import_is_built_once(tmp_path: Path) -> None:
    built = []
    for version in ("1", "1", "2"):
        dependencies._build_once(tmp_path, "go", [version], built.append)
    assert len(built) == 2


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def fails(_folder: Path) -> None:
        raise EngineError("it does not build")

    with pytest.raises(EngineError):
        dependencies._build_once(tmp_path, "go", ["1"], fails)
    assert list(tmp_path.iterdir()) == []


@needs_data
@pytest.mark.parametrize("name", ["python", "js"])
def test_a_published_solution_passes(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    needs(*TOOLS[name].split())
    problem = read_problems(DATA, name)[2]
    toolchain = find_toolchain(name, DATA, tmp_path, sandbox)
    assert verdict(sandbox, toolchain, problem, problem.canonical_solution) is Verdict.PASSED


def test_an_interpreter_started_by_a_path_with_dots_works(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Python 3.10 leaves it; by way of a folder that the sandbox does not have.
    monkeypatch.setattr(sys, "executable", f"{tmp_path}/{os.path.relpath(sys.executable, tmp_path)}")
    find_isolation.cache_clear()
    try:
        with closing(Sandbox(accept_no_isolation=True)) as opened:
            assert opened.isolation == sandbox.isolation
            find_toolchain("python", tmp_path, tmp_path, opened)
    finally:
        find_isolation.cache_clear()
