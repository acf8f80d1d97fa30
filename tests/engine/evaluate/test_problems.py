from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from engine.evaluate.humaneval_x.problems import LANGUAGE_IDS, Task, language_names, read_problems
from engine.types import EngineError
from tests.engine.evaluate.small_problems import DATA, GO, PROBLEMS, PYTHON, RUST, needs_data, write_problems


def test_problems_come_back_as_they_were_published(tmp_path: Path) -> None:
    write_problems(tmp_path, PYTHON, GO)
    assert read_problems(tmp_path, "python") == (PYTHON,)
    assert read_problems(tmp_path, "go") == (GO,)
    assert GO.number == "0"


def test_a_translation_shows_no_description() -> None:
    for problem in PROBLEMS.values():
        assert "wice n." in problem.shown(Task.GENERATE)
        assert "wice n." not in problem.shown(Task.TRANSLATE)


def test_rust_is_described_below_its_declaration() -> None:
    assert RUST.shown(Task.GENERATE).index("fn twice") < RUST.shown(Task.GENERATE).index("Twice n.")


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ("all", tuple(LANGUAGE_IDS)),
        ("rust, python", ("python", "rust")),
        ("JavaScript,c++,js", ("cpp", "js")),
    ],
)
def test_languages_by_name(listed: str, names: tuple[str, ...]) -> None:
    assert language_names(listed) == names


@pytest.mark.parametrize("listed", ["python,cobol", "", ","])
def test_languages_that_are_not_there(listed: str) -> None:
    with pytest.raises(EngineError, match="python, cpp, java, js, go, rust"):
        language_names(listed)


def test_an_error_names_the_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"--data takes the folder with the humaneval_\*\.jsonl\.gz"):
        read_problems(tmp_path, "python")


@pytest.mark.parametrize("content", [b"not gzip", gzip.compress(b"not json"), gzip.compress(b'{"task_id": "x"}')])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "humaneval_python.jsonl.gz").write_bytes(content)
    with pytest.raises(EngineError, match=r"humaneval_python\.jsonl\.gz cannot be read as HumanEval-X"):
        read_problems(tmp_path, "python")


@needs_data
@pytest.mark.parametrize("name", LANGUAGE_IDS)
def test_the_published_problems(name: str) -> None:
    problems = read_problems(DATA, name)
    assert [int(problem.number) for problem in problems] == list(range(164))
    assert all(problem.test and problem.canonical_solution for problem in problems)
