"""Problems of our own in the benchmark's form, one a language, small enough to read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from engine.evaluate.humaneval_x.problems import Problem

DATA = Path(__file__).parents[4] / "shared" / "data" / "humaneval-x"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/humaneval-x is not here")

PYTHON = Problem(
    "python", "Python/0", 'def double(n: int) -> int:\n    """ Twice n. """\n', "def double(n: int) -> int:\n",
    "    return 2 * n\n", "def check(double):\n    assert double(4) == 8\n\ncheck(double)\n",
)  # fmt: skip
CPP = Problem(
    "cpp", "CPP/0", "/* Twice n. */\n#include<vector>\nint twice(int n){\n", "int twice(int n){\n",
    "    return 2*n;\n}\n", "#undef NDEBUG\n#include<assert.h>\nint main(){\n    assert (twice(4)==8);\n}\n",
)  # fmt: skip
JAVA = Problem(
    "java", "Java/0",
    "import java.util.*;\n\nclass Solution {\n    /** Twice n. */\n    public int twice(int n) {\n",
    "import java.util.*;\n\nclass Solution {\n    public int twice(int n) {\n",
    "        return 2 * n;\n    }\n}\n",
    "public class Main {\n    public static void main(String[] args) {\n"
    "        if (new Solution().twice(4) != 8) {\n            throw new AssertionError();\n        }\n    }\n}\n",
)  # fmt: skip
JS = Problem(
    "js", "JavaScript/0", "/* Twice n. */\nconst twice = (n) => {\n", "\nconst twice = (n) => {\n",
    "  return 2 * n;\n}\n\n", "const testTwice = () => {\n  console.assert(twice(4) === 8)\n}\n\ntestTwice()\n",
)  # fmt: skip
GO = Problem(
    "go", "Go/0", 'import (\n    "math"\n)\n\n// Twice n.\nfunc Twice(n int) int {\n', "\nfunc Twice(n int) int {\n",
    "    return 2 * n\n}\n\n",
    "func TestTwice(t *testing.T) {\n    assert := assert.New(t)\n    assert.Equal(8, Twice(4))\n"
    "    assert.True(math.Abs(1) > 0)\n}\n",
    imports='import (\n    "math"\n)\n',
    test_setup='package main\n\nimport (\n    "testing"\n    "github.com/stretchr/testify/assert"\n)\n',
)  # fmt: skip
RUST = Problem(
    "rust", "Rust/0", "\n/*\n Twice n.\n*/\n",
    "\nuse std::collections::{HashSet, HashMap};\nuse rand::Rng;\n\nfn twice(n: i32) -> i32 {\n",
    "\n    2 * n\n}\n", "\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n#[test]\n    fn test_twice() {\n"
    "        assert_eq!(twice(4), 8);\n    }\n}\n",
)  # fmt: skip
PROBLEMS = {problem.name: problem for problem in (PYTHON, CPP, JAVA, JS, GO, RUST)}


def write_problems(folder: Path, *problems: Problem) -> Path:
    """The benchmark's files, with these problems in them."""
    for name in {problem.name for problem in problems}:
        rows = [
            {
                "task_id": problem.task_id, "prompt": problem.prompt, "declaration": problem.declaration,
                "canonical_solution": problem.canonical_solution, "test": problem.test,
                "import": problem.imports, "test_setup": problem.test_setup,
            }
            for problem in problems if problem.name == name
        ]  # fmt: skip
        with gzip.open(folder / f"humaneval_{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder
