"""Grammar, and the proof that comments alone were changed."""

from __future__ import annotations

import pytest

from engine.assist.checks import comments_only_fault, parse_fault
from engine.languages import language_of

PYTHON = "def add(a, b):\n    if a:\n        b += 1\n    return a + b\n"
JAVA = "class A {\n  int f(int n) { return n; }\n}\n"


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", PYTHON, PYTHON.replace("    if", '    """Adds."""\n    # why\n    if').replace("= 1", "= 1  # 1")),
        ("python", '"""Old."""\nx = 1\n', '"""New."""\nx = 1\n'),
        ("java", JAVA, "/** A. */\nclass A {\n  // identity\n  int f(int n) { return n; /* n */ }\n}\n"),
        ("rust", "fn f() {}\n", "/// Does nothing.\nfn f() {}\n"),
        ("go", "package a\n\nfunc f() int { return 1 }\n", "package a\n\n// f is one.\nfunc f() int { return 1 }\n"),
        ("cpp", "int f();\n", "/* f */ int f();\n"),
        ("csharp", "class A { }\n", "/// <summary>A</summary>\nclass A { }\n"),
        ("typescript", "const a: number = 1;\n", "// one\nconst a: number = 1;\n"),
        ("typescript", "f(a,\n  b)\n", "/**\n * Calls f.\n */\nf(a, /* one\n two */\n  b)\n"),
        ("c", '#define N 10\n#define U "//a"\n', '#define N 10  // size\n#define U "//a"  /* where */\n'),
        ("python", "#!/bin/sh\ndef f():\n    # noqa\n    x\n", "#!/bin/sh\ndef f():\n    'F'\n    # noqa\n    x\n"),
        ("go", "package a\n\n//go:embed a\nvar a string\n", "package a\n\n// a is\n//\n//go:embed a\nvar a string\n"),
        ("rust", "struct A { a: i32 }\n", "//! It.\n\n/// A.\nstruct A { /// one\n a: i32 }\n"),
    ],
)  # fmt: skip
def test_comments_are_only_comments(language: str, before: str, after: str) -> None:
    assert comments_only_fault(language_of(language), before, after, "en") is None


@pytest.mark.parametrize(
    ("language", "before", "after", "said"),
    [
        ("python", PYTHON, PYTHON.replace("a + b", "a - b"), "in line 4, '+' became '-'"),
        ("python", PYTHON, PYTHON.replace("    return", "        return"), "The result changes more than comments"),
        ("python", PYTHON, PYTHON.replace("b += 1", "b += 1\n        pass"), "The result changes more than comments"),
        ("python", "x = 'a '\n", "x = 'a  '\n", "The result changes more than comments"),
        (
            "python",
            "def f():\n    x\n    'not at the head'\n",
            "def f():\n    x\n",
            "The result changes more than comments",
        ),
        ("java", JAVA, JAVA.replace("return n;", "// return n;"), "The result changes more than comments"),
        ("javascript", "f(1);\n", "", "The result changes more than comments"),
        ("python", "x = 'hello\\n'\n", "x = 'goodbye\\n'\n", "The result changes more than comments"),
        ("python", "x = '\\n  \\n'\n", "x = '\\n \\n'\n", "The result changes more than comments"),
        ("c", '#define U "//a"\n', '#define U "//b"\n', "The result changes more than comments"),
        ("c", "#define M f \\\n g\n", "#define M f // f \\\n g\n", "The result changes more than comments"),
        ("ruby", "x = 1\n", "# one\nx = 1\n", "cannot be proven for Ruby"),
    ],
)
def test_anything_else_is_found(language: str, before: str, after: str, said: str) -> None:
    fault = comments_only_fault(language_of(language), before, after, "en")
    assert fault
    assert said in fault.message


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", "#!/usr/bin/python3\nx = 1\n", "# A script.\nx = 1\n"),
        ("python", "x = f()  # noqa: F821\n", "x = f()  # calls f\n"),
        ("python", "x = 1\ny = 2  # type: ignore\n", "x = 1  # type: ignore\ny = 2\n"),
        ("python", "x = 1\n", "x = 1  # one\rimport os\n"),
        ("python", "#!/usr/bin/python3\nx = 1\n", "# A script.\n#!/usr/bin/python3\nx = 1\n"),
        ("python", "# coding: latin-1\nx = 1\n", "# A\n# script.\n# coding: latin-1\nx = 1\n"),
        ("python", "x = f()  # noqa\n", "x = f()\n# noqa\n"),
        ("go", "//go:build linux\n\npackage a\n", "// For Linux.\n\npackage a\n"),
        ("go", 'package a\n\nimport "C"\n', 'package a\n\n// What C has.\nimport "C"\n'),
        ("go", "package a\nfunc f() int { return 1 }\n", "package a\nfunc f() int { return /* the\n one */ 1 }\n"),
        ("typescript", "function f() { return 1 }\n", "function f() { return /* the\n one */ 1 }\n"),
        ("typescript", "// @ts-ignore\nf();\n", "// Calls f.\nf();\n"),
        ("typescript", '/// <reference path="a.d.ts" />\nf();\n', "f();\n"),
        ("typescript", "f()\n", "f() // f\u2028g()\n"),
        ("java", "class A { }\n", "class A { // \\u000a int x;\n}\n"),
        ("c", "int a;\nint b;\n", "int a; // one \\ \nint b;\n"),
        ("cpp", "int a; // NOLINT\n", "int a; // one\n"),
        ("rust", "fn f() { vec![1]; }\n", "fn f() { vec![ /// one\n 1]; }\n"),
        ("rust", "fn f() { g(); }\n", "fn f() { g(); /// done\n }\n"),
        ("rust", "fn f() {}\n", "fn f() {}\n//! The module.\n"),
    ],
)
def test_comments_that_are_more_than_comments_must_stay(language: str, before: str, after: str) -> None:
    fault = comments_only_fault(language_of(language), before, after, "en")
    assert fault
    assert "The result changes more than comments" in fault.message
    assert comments_only_fault(language_of(language), before, before + "\n", "en") is None


def test_a_fault_names_its_line_in_the_language_of_the_question() -> None:
    fault = parse_fault(language_of("java"), "class A {\n  int f( { }\n}\n", "en")
    assert fault
    assert fault.message == "Line 2 of the result is not valid Java: int f( { }"
    chinese = parse_fault(language_of("java"), "class A {\n  int f( { }\n}\n", "zh")
    assert chinese
    assert chinese.message.startswith("结果第 2 行不符合 Java 语法")


def test_what_was_broken_before_is_no_fault() -> None:
    broken = "def f(:\n    pass\n"
    assert parse_fault(language_of("python"), broken, "en")
    assert parse_fault(language_of("python"), broken, "en", allowed=5) is None
    assert parse_fault(language_of("ruby"), "def f(", "en") is None
