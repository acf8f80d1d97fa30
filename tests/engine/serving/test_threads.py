from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.catalog import EMBEDDED_FOLDER
from engine.serving.threads import ThreadChoice, best_of, candidates, spare_threads


def test_a_thread_more_must_pay() -> None:
    assert best_of({1: 1.0, 2: 0.98, 4: 0.97}) == 1
    assert best_of({1: 1.0, 2: 0.6, 3: 0.59, 4: 0.7}) == 2


def test_candidates_are_no_more_than_there_are_cores() -> None:
    assert candidates(1) == [1]
    assert candidates(3) == [1, 2, 3]
    assert candidates(64) == [1, 2, 3, 4, 6, 8]


@pytest.mark.parametrize(
    ("taken", "on_battery", "threads"), [(0.1, False, 4), (2.2, False, 2), (4.0, False, 1), (0.1, True, 2)]
)
def test_others_and_the_battery_come_first(taken: float, on_battery: bool, threads: int) -> None:
    assert spare_threads(4, 4, taken, on_battery=on_battery) == threads


def test_a_damaged_memory_is_measured_anew(tmp_path: Path) -> None:
    (tmp_path / "threads.json").write_text("{")
    assert not ThreadChoice(EMBEDDED_FOLDER, "digest", tmp_path / "threads.json").is_measured
