"""What a replay types, and which answers it counts."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from benchmarks.peer.history import SWITCH_S, Edit, History, edits, session
from benchmarks.peer.sides import position
from benchmarks.peer.typing_replay import Key, waits


def key(pressed: float, answered: float | None, ended: float, **rest: bool) -> Key:
    return Key(pressed, answered, ended, **rest)


def test_a_superseded_key_waits_for_the_first_later_answer_in_time() -> None:
    keys = [key(0.0, 0.25, 0.1), key(0.1, None, 0.2), key(0.2, 0.25, 0.5), key(0.5, None, 9.0)]
    assert waits(keys) == pytest.approx([250, 150, 50])


def test_keys_that_were_not_asked_about_are_left_out() -> None:
    keys = [key(0.0, None, 0.1), key(0.1, 0.11, 0.2, asked=False), key(0.2, 0.3, 0.5)]
    assert waits(keys) == pytest.approx([300, 100])


def test_edits_follow_the_file_from_step_to_step() -> None:
    steps: list[dict[str, str | None]] = [{"a": "2", "new": "x"}, {"a": "2"}, {"a": None}, {"a": "4"}, {"new": "y"}]
    assert list(edits({"a": "1"}, steps)) == [Edit("a", "1", "2"), Edit("new", "x", "y")]


def test_a_session_is_as_long_as_asked_and_starts_from_the_files_of_its_day() -> None:
    grown = ["\n".join(f"line_number_{i} = first + {i}" for i in range(n)) for n in range(1, 9)]
    history = History("h", {"a.py": grown[0]}, tuple(Edit("a.py", old, new) for old, new in pairwise(grown)))
    made = session(history, 15.0, random.Random(0))
    assert SWITCH_S < sum(visit.seconds for visit in made.visits) <= 15.0
    assert made.files["a.py"] == made.visits[0].before
    assert made.visits[0].language == "python"


def test_positions_count_utf16_units() -> None:
    where = position("a\n😀b", 4)
    assert (where.line, where.character) == (1, 3)
