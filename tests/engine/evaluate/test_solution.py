from __future__ import annotations

import pytest

from engine.evaluate.humaneval_x.problems import LANGUAGE_IDS, Problem, Task, read_problems
from engine.evaluate.humaneval_x.solution import is_answered, is_finished, read_chat_answer, read_continuation
from tests.engine.evaluate.small_problems import CPP, DATA, GO, JAVA, JS, PROBLEMS, PYTHON, RUST, needs_data

ENDS = [
    (PYTHON, "    return 2 * n\n", "print(double(2))\n"),
    (PYTHON, "    a = 1\n\n    # so\n    return a\n\n", "def other():\n    pass\n"),
    (PYTHON, "\tif n:\n\t\treturn 1\n", "# a comment\n"),
    (CPP, "    return 2*n;\n}", "\nint main(){}"),
    (CPP, "    string s = \"}\"; char c = '}'; // }\n    /* } */ return 1;\n}", "\nint x;"),
    (CPP, '    auto s = R"x(})")x"; return 1;\n}', " int x;"),
    (JS, '  return `}${n}` + \'}\' + "\\"}";\n}', "\nconst x = 1"),
    (JS, "  return s.replace(/[{}]/g, '');\n}", "\ntwice(1)"),
    (GO, "    s := `}\\`\n    r := '}'\n    return 1\n}", "\nfunc main() {}"),
    (RUST, "\n    fn inner<'a>(s: &'a str) -> char { '}' }\n    2 * n\n}", "\nfn main() {}"),
    (RUST, '\n    let s = r#"}"}"#; let q = \'\\\'\'; let m = "}\n}";\n    2 * n\n}', "\nfn other() {}"),
]


@pytest.mark.parametrize(("problem", "function", "more"), ENDS)
def test_a_continuation_ends_where_the_function_does(problem: Problem, function: str, more: str) -> None:
    assert read_continuation(problem, Task.GENERATE, function + more).code == function
    assert is_finished(problem, Task.GENERATE, function + more)


@pytest.mark.parametrize(("problem", "function", "more"), ENDS)
def test_it_is_not_ended_before_while_it_is_written(problem: Problem, function: str, more: str) -> None:
    for written in range(len(function)):
        assert not is_finished(problem, Task.GENERATE, function[:written]), function[:written]


def test_a_method_is_closed_with_its_class() -> None:
    completion = read_continuation(
        JAVA, Task.GENERATE, "        return 2 * n;\n    }\n\n    int other() { return 1; }\n}"
    )
    assert completion.code == "        return 2 * n;\n    }\n}"
    assert completion.before == JAVA.prompt


def test_what_never_ends_is_taken_as_it_is() -> None:
    assert read_continuation(JAVA, Task.GENERATE, "        while (true) {").code == "        while (true) {"


def test_the_first_line_may_go_on_with_the_line_shown() -> None:
    shown = Problem("python", "Python/1", "def f(n): return", "def f(n): return", " n\n", "")
    assert read_continuation(shown, Task.GENERATE, " n + 1\nprint(f(1))").code == " n + 1\n"


FENCED = "Sure:\n\n```{}\n{}\n```\nThis doubles n.\n```\nelse\n```\n"


@pytest.mark.parametrize(
    ("problem", "block", "before", "code"),
    [
        (
            PYTHON,
            "import math\n\ndef half(x):\n    return x\n\ndef double(k):\n    return k + k\n\nprint(double(2))",
            "import math\n\ndef half(x):\n    return x\n\ndef double(k):\n",
            "    return k + k\n\n",
        ),
        (PYTHON, "    return 2 * n", PYTHON.prompt, "    return 2 * n\n"),
        (
            CPP,
            "#include <map>\nint twice(int k) {\n  return k + k;\n}\nint main() { return 0; }",
            "#include<vector>\n#include <map>\nint twice(int k) {",
            "\n  return k + k;\n}",
        ),
        (
            JAVA,
            "import java.io.*;\n\npublic class Solution {\n    int twice(int k) {\n        return k;\n    }\n}",
            "import java.io.*;\n\nclass Solution {\n    int twice(int k) {",
            "\n        return k;\n    }\n}",
        ),
        (
            JAVA,
            "public int twice(int k) {\n    return k;\n}",
            "import java.util.*;\n\nclass Solution {\n    /** Twice n. */\npublic int twice(int k) {",
            "\n    return k;\n}\n}",
        ),
        (JS, "function twice(k) {\n  return k;\n}\ntwice(1)", "function twice(k) {", "\n  return k;\n}"),
        (
            RUST,
            "use rand::Rng;\nuse std::{fmt::Write, collections::{BTreeMap, HashMap}};\nfn twice(k: i32) -> i32 {\n}",
            RUST.declaration.partition("fn")[0] + "\nuse std::fmt::Write; use std::collections::BTreeMap;\n"
            "fn twice(k: i32) -> i32 {",
            "\n}",
        ),
    ],
)  # fmt: skip
def test_the_function_of_a_fenced_answer(problem: Problem, block: str, before: str, code: str) -> None:
    completion = read_chat_answer(problem, Task.GENERATE, FENCED.format(problem.name, block))
    assert (completion.before, completion.code) == (before, code)


def test_functions_that_were_given_are_not_given_twice() -> None:
    given = "def half(n):\n    return n / 2\n\n\ndef double(n):\n"
    problem = Problem("python", "Python/2", given, given, "    return 2 * n\n", "")
    repeated = read_chat_answer(problem, Task.GENERATE, f"```python\n{given}    return n + n\n```")
    assert (repeated.before, repeated.code) == (given, "    return n + n\n")
    left_out = read_chat_answer(problem, Task.GENERATE, "```python\ndef double(n):\n    return n + n\n```")
    assert (left_out.before, left_out.code) == (given, "    return n + n\n")


def test_an_example_in_a_comment_is_no_signature() -> None:
    block = "/* >>> twice(8)\n{16} */\nint twice(int k) {\n  return k + k;\n}"
    assert read_chat_answer(CPP, Task.GENERATE, f"```cpp\n{block}\n```").code == "\n  return k + k;\n}"


def test_a_signature_may_hold_braces() -> None:
    completion = read_chat_answer(GO, Task.GENERATE, "```go\nfunc Twice(n interface{}) int {\n    return 1\n}\n```")
    assert completion.code == "\n    return 1\n}"


def test_an_answer_without_a_fence_is_code() -> None:
    completion = read_chat_answer(GO, Task.TRANSLATE, "func Twice(k int) int {\n    return k\n}\n\nDone.")
    assert (completion.before, completion.code) == ("func Twice(k int) int {", "\n    return k\n}")


def test_an_answer_is_there_when_its_fence_is_closed() -> None:
    assert not is_answered("Sure:\n```python\nx = '```'\n")
    assert is_answered("Sure:\n```python\nx = 1\n```")


@needs_data
@pytest.mark.parametrize("name", LANGUAGE_IDS)
def test_the_published_solutions_end_at_the_rule(name: str) -> None:
    """All except those with further functions after theirs, which the benchmark's own rule cuts off too."""
    cut = [
        problem.number
        for problem in read_problems(DATA, name)
        if read_continuation(problem, Task.GENERATE, problem.canonical_solution + "\nx {} }").code.split()
        != problem.canonical_solution.split()
    ]
    known = {"cpp": ["94"], "go": ["72"], "rust": ["10", "32", "38", "50", "137", "145"]}
    assert cut == known.get(name, [])


@pytest.mark.parametrize("name", LANGUAGE_IDS)
def test_our_own_solutions_end_at_the_rule(name: str) -> None:
    problem = PROBLEMS[name]
    for task in Task:
        code = read_continuation(problem, task, problem.canonical_solution + "\nx {} }").code
        assert code.split() == problem.canonical_solution.split()
