"""What the compilers of this machine accept, without running any of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.sandbox import compilers, tools
from engine.sandbox.compilers import Verdict, compile_check
from tests.installed import needs, stub

# What a model gives back: a snippet that is whole, and one with a fault no grammar finds.
SNIPPETS = {
    "python": ("def add(a, b):\n    return a + b\n", "def f():\n    return = 1\n", ""),
    "c": ("int add(int a, int b) { return a + b; }\n", "int f(void) { return x; }\n", "gcc"),
    "cpp": ("#include <string>\nstd::string f() { return {}; }\n", "int f() { return x; }\n", "g++"),
    "java": ("int add(int a, int b) { return a + b; }\n", "int f() { return true; }\n", "javac -version"),
    "javascript": ("export const add = (a, b) => a + b;\n", "const a = 1; const a = 2;\n", "node"),
    "go": ("func Add(a int, b int) int { return a + b }\n", "func F() int { return true }\n", "go version"),
    "rust": ("pub fn add(a: i32, b: i32) -> i32 { a + b }\n", "pub fn f() -> i32 { true }\n", "rustc"),
}


@pytest.mark.parametrize("language", SNIPPETS)
def test_right_and_wrong_snippets(language: str) -> None:
    right, wrong, tool = SNIPPETS[language]
    if tool:
        needs(*tool.split())
    good, bad = compile_check(language, right), compile_check(language, wrong)
    assert good.compiler
    assert good.fault == ""
    assert bad.fault


def test_a_main_program_and_a_public_class_are_files_of_their_own() -> None:
    needs("javac", "-version")
    assert compile_check("java", "import java.util.*;\npublic class Cart { List<String> a; }\n").fault == ""


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("c", 'int a =\n#include "/etc/passwd"\n;'),
        ("c", "int a =\n#include <../../etc/passwd>\n;"),
        ("c", '#define F "/etc/passwd"\n#include F\n'),
        ("cpp", 'int a =\n#/* */inc\\\nlude "/etc/passwd"\n;'),
        ("cpp", 'int a =\n%:include "/etc/passwd"\n;'),
        ("rust", 'compile_error!(include_str!("/etc/hostname"));'),
        ("rust", '#[path /* ] */ = "/etc/passwd"] mod a;'),
    ],
)  # fmt: skip
def test_a_compiler_reads_and_quotes_no_files(language: str, code: str) -> None:
    assert compile_check(language, code) == Verdict()


@pytest.mark.parametrize(
    "code",
    [
        "/** Tells whether the record is valid. */\nstatic boolean f() { return true; }\n",
        'static String f() { return "a class of its own"; }\n',
        "public sealed interface Cart permits Big {}\nfinal class Big implements Cart {}\n",
    ],
)
def test_java_in_pieces(code: str) -> None:
    needs("javac", "-version")
    assert compile_check("java", code) == Verdict("javac")


@pytest.mark.parametrize(
    ("command", "verdict"),
    [
        (("/bin/sh", "-c", "echo main.c:1: wrong; exit 1"), Verdict("cc", "main.c:1: wrong")),
        (("/usr/bin/no-such-compiler",), Verdict()),
        (("/bin/sh", "-c", "echo panicked; exit 101"), Verdict()),
        (("/bin/sh", "-c", "echo compile: signal: killed; exit 1"), Verdict()),
    ],
)
def test_a_compiler_that_could_not_check_is_no_evidence(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], verdict: Verdict
) -> None:
    monkeypatch.setattr(compilers, "compiler_of", lambda _: compilers.Compiler("cc", "main.c", command))
    assert compile_check("c", "int a;") == verdict


def test_a_language_without_compiler_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilers, "compiler_of", lambda _: None)
    assert compile_check("cobol", "x") == Verdict()


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of stubs that is all of PATH, with nothing known yet of any compiler."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(compilers, "_known", {})
    tmp_path.chmod(0o755)  # the sandbox's user id is another one
    return tmp_path / "bin"


@pytest.mark.parametrize(
    ("language", "program"),
    [("c", "gcc"), ("cpp", "g++"), ("java", "javac"), ("javascript", "node"), ("go", "go"), ("rust", "rustc")],
)
def test_a_compiler_that_does_not_work_is_an_absent_one(only: Path, language: str, program: str) -> None:
    stub(only, program, "echo 'no toolchain is installed' >&2\nexit 1")
    assert compile_check(language, SNIPPETS[language][1]) == Verdict()


@pytest.mark.parametrize(("language", "program"), [("c", "gcc"), ("rust", "rustc")])
def test_a_compiler_that_hangs_is_waited_for_once(
    only: Path, monkeypatch: pytest.MonkeyPatch, language: str, program: str
) -> None:
    monkeypatch.setattr(compilers, "TRIAL_LIMITS", replace(compilers.LIMITS, wall_seconds=0.2))
    monkeypatch.setattr(tools, "ANSWER_SECONDS", 0.2)
    stub(only, program, "/bin/sleep 60")
    assert compile_check(language, "x") == Verdict()
    monkeypatch.setattr(compilers, "_find_working", lambda _: pytest.fail("it is tried again"))
    assert compile_check(language, "y") == Verdict()


def test_a_compiler_that_was_installed_meanwhile_is_found(only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compile_check("c", "int a;") == Verdict()
    stub(only, "gcc", "exit 0")
    assert compile_check("c", "int a;") == Verdict()
    monkeypatch.setattr(compilers.time, "monotonic", lambda: compilers._known["c"][1])
    assert compile_check("c", "int a;") == Verdict("gcc")


def test_nothing_of_the_code_is_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    assert compile_check("python", f"open({str(touched)!r}, 'w')\n").fault == ""
    assert not touched.exists()
