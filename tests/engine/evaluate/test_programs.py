from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.evaluate.humaneval_x.problems import Problem, Task
from engine.evaluate.humaneval_x.programs import assemble_program
from engine.evaluate.humaneval_x.solution import Solution, read_continuation
from tests.engine.evaluate.small_problems import CPP, GO, JAVA, JS, PYTHON, RUST


def program(problem: Problem, code: str, task: Task = Task.GENERATE, absent: tuple[str, ...] = ()) -> str:
    return assemble_program(problem, read_continuation(problem, task, code), absent)


def go_imports(code: str, problem: Problem = GO) -> list[str]:
    return re.findall(r'^    "([^"]+)"$', program(problem, code), re.MULTILINE)


def test_python() -> None:
    text = program(PYTHON, "    return 2 * n\nprint(1)\n")
    assert text.startswith("import math\n")
    assert "from typing import *\nfrom collections import *\n" + PYTHON.prompt + "    return 2 * n\n" in text
    assert text.endswith(PYTHON.test + "\nraise SystemExit(86)\n")
    assert "numpy" in text
    assert "numpy" not in program(PYTHON, "    return 2 * n\n", absent=("numpy",))


def test_cpp_gets_the_includes_that_are_missing() -> None:
    text = program(CPP, CPP.canonical_solution)
    assert text.startswith("#include<stdlib.h>\n")
    assert text.count("#include<vector>") == 1
    assert text.endswith(CPP.prompt + "    return 2*n;\n}\n" + CPP.test)


def test_java_imports_what_its_tests_need() -> None:
    assert program(JAVA, JAVA.canonical_solution).count("import java.util.*;") == 1
    bare = Solution("class Solution {\n    int twice(int n) {", " return n; } }")
    assert assemble_program(JAVA, bare).startswith("import java.util.*;\nimport java.lang.*;\nclass Solution")


def test_javascript() -> None:
    assert program(JS, JS.canonical_solution) == f"{JS.prompt}  return 2 * n;\n}}\n{JS.test}\nprocess.exitCode = 86\n"


def test_a_translation_has_no_description() -> None:
    assert "Twice n." not in program(JS, JS.canonical_solution, Task.TRANSLATE)
    assert program(JS, JS.canonical_solution, Task.TRANSLATE).startswith("\nconst twice = (n) => {\n")


def test_go_imports_what_the_test_uses_and_the_solution_does_not() -> None:
    assert go_imports(GO.canonical_solution) == ["testing", "github.com/stretchr/testify/assert", "math"]


def test_go_imports_what_the_solution_uses() -> None:
    assert "strings" in go_imports('    return len(strings.Split("", ""))\n}')
    assert "unicode" in go_imports("    return len(unicode.Letter)\n}", problem_with_import("unicode"))


def problem_with_import(package: str) -> Problem:
    line = f'import "{package}"\n'
    return replace(GO, prompt=line + GO.prompt, imports=line)


def test_go_does_not_import_what_only_looks_used() -> None:
    imports = go_imports(
        '    // time.Now\n    s := "sort.Ints" + `bytes.X`\n    fields.strings.x()\n    return len(s)\n}'
    )
    assert not {"time", "sort", "bytes", "strings"} & set(imports)


def test_go_takes_no_package_for_another() -> None:
    setup = GO.test_setup.replace('"testing"', '"testing"\n    "math/rand"')
    problem = replace(GO, test=GO.test + "var x = rand.Int()\n", test_setup=setup)
    imports = go_imports("    return 1\n}", problem)
    assert imports.count("math") == 1
    assert imports.count("math/rand") == 1


def test_go_gets_back_the_functions_its_declaration_lacks() -> None:
    given = "func Half(n int) int {\n    return n / 2\n}\n\n"
    problem = replace(GO, prompt=GO.prompt.replace("// Twice", given + "// Twice"))
    for task in Task:
        assert program(problem, GO.canonical_solution, task).count("func Half") == 1
    assert "func Half" not in program(GO, GO.canonical_solution, Task.TRANSLATE)


def test_rust_leaves_out_the_crates_that_are_not_there() -> None:
    assert "use rand::Rng;" in program(RUST, RUST.canonical_solution)
    text = program(RUST, RUST.canonical_solution, absent=("rand",))
    assert "rand" not in text
    assert text.startswith("\nfn main(){ \n } \n\nuse std::collections")


@pytest.mark.parametrize("problem", [CPP, JAVA, JS, RUST])
def test_braces_match(problem: Problem) -> None:
    text = program(problem, problem.canonical_solution)
    assert text.count("{") == text.count("}")
