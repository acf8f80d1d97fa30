"""Assembles solutions into whole programs as the benchmark does, without the mistakes of its evaluator.

Departures from the published evaluator, each so that a right solution passes and a wrong one does not:

- Translations follow the target's declaration, not the translation prompt.
- Go imports what the whole program uses. The published evaluator looks at the solution alone, takes "math" as imported
  if "math/rand" is, and so fails right solutions whose tests need what they do not.
- Go's tests also call functions that the prompt gives above the one asked for (10, 32, 38, 50); its declarations lack
  them, and a translation gets them back.
- Python and JavaScript programs end with a line that proves it was reached: a solution that exits early, and so skips
  its tests, does not pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from engine.evaluate.humaneval_x.problems import Problem
from engine.evaluate.humaneval_x.solution import Solution

REACHED_THE_END = 86  # the exit code of a program that ran its tests to their end, in languages where 0 proves nothing

PYTHON_IMPORTS = (
    "import math", "import re", "import sys", "import copy", "import datetime", "import itertools",
    "import collections", "import heapq", "import statistics", "import functools", "import hashlib", "import numpy",
    "import numpy as np", "import string", "from typing import *", "from collections import *",
)  # fmt: skip
CPP_INCLUDES = (
    "#include<stdlib.h>", "#include<algorithm>", "#include<math.h>", "#include<stdio.h>", "#include<vector>",
    "#include<string>", "#include<climits>", "#include<cstring>", "#include<iostream>",
)  # fmt: skip
GO_PACKAGES = (
    "math", "strings", "fmt", "strconv", "time", "bytes", "regexp", "sort", "math/rand", "crypto/md5",
)  # fmt: skip
JAVA_IMPORTS = ("import java.util.*;", "import java.lang.*;")
RUST_MAIN = "\nfn main(){ \n } \n"
RUST_CRATES = ("rand", "regex", "md5")

_GO_IMPORT = re.compile(r"^import\s*(?:\((?P<block>[^)]*)\)|(?P<one>[^\n]*))", re.MULTILINE)
_GO_FUNCTION = re.compile(r"^func (\w+)", re.MULTILINE)
_GO_NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|`[^`]*`|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def assemble_program(problem: Problem, completion: Solution, absent: Collection[str] = ()) -> str:
    """Return the text of the program that tests a solution.

    `absent` names the modules that this machine's toolchain lacks. Lines that only import them are left out, so that
    programs that do not need them run.
    """
    solution = completion.before + completion.code
    if problem.name == "python":
        imports = [line for line in PYTHON_IMPORTS if line.split()[1] not in absent]
        return "\n".join([*imports, solution, problem.test, f"raise SystemExit({REACHED_THE_END})"]) + "\n"
    if problem.name == "cpp":
        missing = "".join(f"{line}\n" for line in CPP_INCLUDES if line not in completion.before)
        return f"{missing}\n{solution}\n{problem.test}"
    if problem.name == "java":
        missing = "".join(f"{line}\n" for line in JAVA_IMPORTS if line not in completion.before)
        return f"{missing}{solution}\n{problem.test}"
    if problem.name == "js":
        return f"{solution}\n{problem.test}\nprocess.exitCode = {REACHED_THE_END}\n"
    if problem.name == "go":
        return _go_program(problem, solution)
    for crate in absent:
        solution = re.sub(rf"^use {crate}\b[^\n;]*;", "", solution, flags=re.MULTILINE)
    return RUST_MAIN + solution + problem.test


def _go_program(problem: Problem, solution: str) -> str:
    """Return a Go program. Go rejects unused imports and names that are not imported: the imports are computed."""
    functions = list(_GO_FUNCTION.finditer(problem.prompt))
    if not {function[1] for function in functions} <= set(_GO_FUNCTION.findall(solution)):
        solution = problem.prompt[: functions[-1].start()] + solution
    known = _go_imports(problem.test_setup)
    wanted = dict.fromkeys((*GO_PACKAGES, *_go_imports(problem.imports), *_go_imports(solution)))
    body = re.sub(r"^package [^\n]*", "", _GO_IMPORT.sub("", solution), flags=re.MULTILINE)
    code = _GO_NOT_CODE.sub(" ", f"{body}\n{problem.test}")
    used = [p for p in wanted if p not in known and re.search(rf"(?<![\w.]){p.rpartition('/')[2]}\.", code)]
    imports = "import (\n" + "".join(f'    "{package}"\n' for package in used) + ")\n" if used else ""
    return f"{problem.test_setup}\n{imports}{body}\n{problem.test}"


def _go_imports(text: str) -> list[str]:
    blocks = (match["block"] or match["one"] for match in _GO_IMPORT.finditer(text))
    return [path for block in blocks for path in re.findall(r'"([^"]+)"', block)]
