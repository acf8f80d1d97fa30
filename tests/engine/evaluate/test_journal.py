from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.evaluate.humaneval_x.journal import Journal, Sample
from engine.types import EngineError

RUN = {"task": "generate", "languages": ["python"], "limit": 0}


def sample(number: int) -> Sample:
    return Sample("python", "Python/0", number, "passed", "", "    return 2 * n\n", "def double(n):\n    …")


def test_what_was_done_is_there_again(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    first = Journal(file, RUN)
    first.add(sample(0))
    first.close(None)
    assert not file.exists()
    again = Journal(file, RUN)
    again.add(sample(1))
    again.close({"results": []})
    assert Journal(file, RUN).samples == (sample(0), sample(1))
    assert json.loads(file.read_text())["configuration"] == RUN


def test_a_finished_run_leaves_one_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "out.json", RUN)
    journal.add(sample(0))
    journal.close({"results": ["figures"]})
    assert [file.name for file in tmp_path.iterdir()] == ["out.json"]
    whole = json.loads((tmp_path / "out.json").read_text())
    assert whole["results"] == ["figures"]
    assert whole["samples"][0]["program"] == "def double(n):\n    …"


def test_a_line_that_was_being_written_is_done_again(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    journal = Journal(file, RUN)
    journal.add(sample(0))
    journal.close(None)
    with (tmp_path / "out.json.part").open("a") as part:
        part.write('{"language": "python", "task_')
    again = Journal(file, RUN)
    again.add(sample(1))
    again.close(None)
    assert [s.sample for s in Journal(file, RUN).samples] == [0, 1]


@pytest.mark.parametrize("finished", [True, False])
def test_another_run_is_not_mixed_in(tmp_path: Path, finished: bool) -> None:
    file = tmp_path / "out.json"
    Journal(file, RUN).close({"results": []} if finished else None)
    with pytest.raises(EngineError, match=r"holds another run: limit was 0 and is now 7\. Use the options of that"):
        Journal(file, {**RUN, "limit": 7})


@pytest.mark.parametrize("content", ["", "not json", "[1]", '{"samples": []}'])
def test_other_files_are_not_overwritten(tmp_path: Path, content: str) -> None:
    (tmp_path / "mine.json").write_text(content)
    with pytest.raises(EngineError, match=r"mine\.json is not a file of this benchmark"):
        Journal(tmp_path / "mine.json", RUN)
    assert (tmp_path / "mine.json").read_text() == content


@pytest.mark.parametrize("content", ["[1]\n", '{"task": "generate", "languages": ["python"], "limit": 0}\n{"a": 1}\n'])
def test_a_part_that_is_not_ours_is_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / "out.json.part").write_text(content)
    with pytest.raises(EngineError, match=r"out\.json is not a file of this benchmark"):
        Journal(tmp_path / "out.json", RUN)
    assert (tmp_path / "out.json.part").read_text() == content


def test_text_of_all_kinds_is_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "out.json", RUN)
    journal.add(Sample("python", "Python/0", 0, "failed", "half \ud83d", "你好 😀\u2028", "\x00"))
    journal.close({"results": []})
    (kept,) = Journal(tmp_path / "out.json", RUN).samples
    assert (kept.message, kept.answer, kept.program) == ("half ?", "你好 😀\u2028", "\x00")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"none/out\.json cannot be written: No such file"):
        Journal(tmp_path / "none" / "out.json", RUN)


def test_without_a_file_samples_are_kept_in_memory() -> None:
    journal = Journal(None, RUN)
    journal.add(sample(0))
    journal.close({"results": []})
    assert ("python", "Python/0", 0) in journal
    assert ("python", "Python/0", 1) not in journal
