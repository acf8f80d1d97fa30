"""The benchmark's problems: 164 in each of six languages, as THUDM/CodeGeeX publishes them (Apache-2.0)."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from engine.languages import Language, language_of
from engine.types import EngineError

# The benchmark's names, in the order of its tables, and the languageIds they stand for.
LANGUAGE_IDS = {
    "python": "python", "cpp": "cpp", "java": "java", "js": "javascript", "go": "go", "rust": "rust",
}  # fmt: skip
ALIASES = {"javascript": "js", "c++": "cpp", "py": "python", "golang": "go"}


class Task(Enum):
    """What the model has to do: write the body below a signature and its description, or translate a solution."""

    GENERATE = "generate"
    TRANSLATE = "translate"


@dataclass(frozen=True)
class Problem:
    """One problem in one language; `name` is the benchmark's name of the language. Text fields are as published."""

    name: str
    task_id: str
    prompt: str
    declaration: str
    canonical_solution: str
    test: str
    imports: str = ""  # Go: part of `prompt`
    test_setup: str = ""  # Go: package and imports of `test`

    @property
    def number(self) -> str:
        return self.task_id.rpartition("/")[2]

    @property
    def language(self) -> Language:
        return language_of(LANGUAGE_IDS[self.name])

    def shown(self, task: Task) -> str:
        """Return the text whose continuation is the solution. Rust's prompt is only a description, below its
        declaration.

        A translation shows the declaration without the description, or the model would not need the source.
        """
        if task is Task.TRANSLATE:
            return self.declaration
        return self.declaration + self.prompt if self.name == "rust" else self.prompt


def language_names(listed: str) -> tuple[str, ...]:
    """Return the benchmark's languages in a comma-separated list, in its order and once each; "all" is every one."""
    if listed == "all":
        return tuple(LANGUAGE_IDS)
    wanted = [ALIASES.get(name.strip().lower(), name.strip().lower()) for name in listed.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in LANGUAGE_IDS]:
        raise EngineError(f"HumanEval-X has no {unknown[0]!r}; its languages are {', '.join(LANGUAGE_IDS)}")
    if not wanted:
        raise EngineError(f"no language is given; HumanEval-X has {', '.join(LANGUAGE_IDS)}")
    return tuple(name for name in LANGUAGE_IDS if name in wanted)


def read_problems(folder: Path, name: str) -> tuple[Problem, ...]:
    """Return the problems of one language in the benchmark's order. Raises `EngineError` that names what is missing."""
    file = folder / f"humaneval_{name}.jsonl.gz"
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            return tuple(_read_problem(name, json.loads(line)) for line in lines if line.strip())
    except FileNotFoundError:
        raise EngineError(
            f"{file} does not exist: --data takes the folder with the humaneval_*.jsonl.gz of THUDM/CodeGeeX"
        ) from None
    except (OSError, EOFError, ValueError, KeyError, TypeError) as fault:
        raise EngineError(f"{file} cannot be read as HumanEval-X: {fault}") from fault


def _read_problem(name: str, row: dict[str, str]) -> Problem:
    return Problem(
        name=name,
        task_id=row["task_id"],
        prompt=row["prompt"],
        declaration=row["declaration"],
        canonical_solution=row["canonical_solution"],
        test=row["test"],
        imports=row.get("import", ""),
        test_setup=row.get("test_setup", ""),
    )
