"""The supervision of the indexing process: it comes back by itself, and never makes its window wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from engine.context.indexer_process import MAX_WAITING, IndexerProcess
from tests.engine.context_files import SECONDS

# An indexing process that carries out what it is told at once; "first" ends it as a crash would.
OBEDIENT = """
import json, sys
for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "first":
        raise SystemExit(1)
    print(json.dumps({"event": "idle", "n": command["n"]}), flush=True)
"""
FAULTY = 'import json; print(json.dumps({"event": "fault", "message": "the disk is full"}))'
Supervise = Callable[..., IndexerProcess]


class Events:
    """Collects events, and lets a test wait for one."""

    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []
        self._changed = threading.Condition()

    def __call__(self, event: dict[str, Any]) -> None:
        with self._changed:
            self.all.append(event)
            self._changed.notify_all()

    def wait_for(self, name: str, times: int = 1) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: [each["event"] for each in self.all].count(name) >= times, SECONDS)


@pytest.fixture
def started() -> list[subprocess.Popen[bytes]]:
    return []


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def supervise(events: Events, started: list[subprocess.Popen[bytes]]) -> Iterator[Supervise]:
    made: list[IndexerProcess] = []

    def make(*programs: str | OSError) -> IndexerProcess:
        """The programs are started one after the other, the last one again and again."""
        left = list(programs)

        def start(_: Sequence[str]) -> subprocess.Popen[bytes]:
            program = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(program, OSError):
                raise program
            process = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            started.append(process)
            return process

        process = IndexerProcess(["the folder"], events, start, pauses_seconds=(0.0,))
        made.append(process)
        process.start()
        return process

    yield make
    for process in made:
        process.stop(wait=True)


def test_a_killed_process_is_started_again(supervise: Supervise, started: list[subprocess.Popen[bytes]]) -> None:
    indexer = supervise(OBEDIENT)
    assert indexer.wait_idle(SECONDS)
    started[0].kill()
    started[0].wait()
    indexer.send({"do": "changed", "paths": ["a.py"]})
    assert indexer.wait_idle(SECONDS)
    assert (len(started), indexer.fault) == (2, "")


def test_one_that_keeps_ending_is_reported_once(supervise: Supervise, events: Events) -> None:
    supervise("", "", "", "", OBEDIENT)
    assert events.wait_for("idle", 4)
    assert [each["message"] for each in events.all if each["event"] == "fault"] == [
        "the process that indexes the folder keeps ending"
    ]


def test_its_own_fault_is_reported_once_and_it_is_tried_again(supervise: Supervise, events: Events) -> None:
    indexer = supervise(FAULTY, FAULTY, OBEDIENT)
    assert events.wait_for("idle", 3)
    assert indexer.fault == ""
    assert [each for each in events.all if each["event"] == "fault"] == [
        {"event": "fault", "message": "the disk is full"}
    ]


def test_one_that_cannot_be_started_is_reported_and_tried_again(supervise: Supervise, events: Events) -> None:
    indexer = supervise(OSError(24, "Too many open files"), OBEDIENT)
    assert events.wait_for("idle", 2)
    assert indexer.fault == ""
    assert events.all[0]["message"] == ("the process that indexes the folder cannot be started: Too many open files")


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot suspend a process by a signal")
def test_a_suspended_process_makes_nobody_wait(supervise: Supervise, started: list[subprocess.Popen[bytes]]) -> None:
    indexer = supervise(OBEDIENT)
    assert indexer.wait_idle(SECONDS)
    os.kill(started[0].pid, signal.SIGSTOP)
    for _ in range(MAX_WAITING * 3):  # far more than a pipe holds
        indexer.send({"do": "changed", "paths": ["a" * 4_000] * 10})
    assert len(indexer._waiting) <= MAX_WAITING
    indexer.stop(wait=True)
    assert started[0].wait(SECONDS) == -signal.SIGKILL


def test_commands_that_pile_up_become_one(events: Events) -> None:
    indexer = IndexerProcess(["the folder"], events)
    for _ in range(MAX_WAITING + 1):
        indexer.send({"do": "changed", "paths": ["a.py"]})
    assert list(indexer._waiting) == [{"do": "changed", "paths": None, "n": MAX_WAITING + 1}]


def test_one_that_is_stopped_at_once_is_never_started(
    supervise: Supervise, started: list[subprocess.Popen[bytes]]
) -> None:
    supervise(OBEDIENT).stop(wait=True)
    assert started == []


def test_stopping_ends_the_process(supervise: Supervise, started: list[subprocess.Popen[bytes]]) -> None:
    indexer = supervise(OBEDIENT)
    assert indexer.wait_idle(SECONDS)
    indexer.stop(wait=True)
    assert started[0].wait(SECONDS) == 0
    assert len(started) == 1
