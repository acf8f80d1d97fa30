"""The real engine process with the embedded model: shared, private, and started again when it is lost."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Client
from pathlib import Path

import psutil
import pytest

from engine.model.catalog import EMBEDDED_FOLDER, find_model
from engine.model.ctranslate import CTranslateModel
from engine.model.protocol import Question
from engine.serving import messages
from engine.serving.address import Address, find_address
from engine.serving.client import REFUSE_SECONDS, EngineClient
from engine.serving.launch import start_engine
from engine.serving.messages import to_bytes
from engine.serving.model import ServedModel
from engine.types import CancellationToken, Cancelled, EngineError, EngineUnavailableError, Priority

MODEL = (str(EMBEDDED_FOLDER), "cpu", 1)
CODE = "def add(a, b):\n    return"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield find_address("test")
    EngineClient("test").stop_engine()


def window() -> ServedModel:
    return ServedModel(EngineClient("test"), find_model("embedded"), "cpu", 1)


def engine_pid() -> int:
    status = EngineClient("test").status()
    return status.facts["pid"] if status else 0


def end(pid: int) -> None:
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    process.wait(10)


def test_it_says_what_the_model_says_in_this_process(address: Address) -> None:
    served, here = window(), CTranslateModel(find_model("embedded"), "cpu", 1)
    tokens = here.tokenizer.encode(CODE)
    ours = served.generate(Question(tokens, 12, lambda text: "\n" in text), CancellationToken())
    theirs = here.generate(Question(tokens, 12, lambda text: "\n" in text), CancellationToken())
    assert (ours.text, ours.ends, ours.stopped) == (theirs.text, theirs.ends, theirs.stopped)
    assert ours.log_probs == pytest.approx(theirs.log_probs, abs=1e-4)


def test_what_stays_the_same_is_read_once(address: Address) -> None:
    served = window()
    tokens = served.tokenizer.encode(CODE * 30)
    first, second = (
        served.generate(Question([*tokens, typed], 4, lambda _: False, stable_tokens=len(tokens)), CancellationToken())
        for typed in (300, 301)
    )
    assert (first.reused_tokens, second.reused_tokens) == (0, len(tokens))


def test_all_windows_share_one_process(address: Address) -> None:
    windows = [window() for _ in range(3)]
    assert len(windows) == 3
    facts = EngineClient("test").status().facts
    assert (facts["windows"], len(facts["models"])) == (4, 1)


def test_windows_that_open_at_once_start_one_process(address: Address) -> None:
    pids: list[int] = []

    def open_one() -> None:
        window()
        pids.append(engine_pid())

    threads = [threading.Thread(target=open_one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 3
    assert len(set(pids)) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead")
def test_only_its_owner_can_reach_it(address: Address) -> None:
    window()
    for path in (address.folder, *address.folder.iterdir()):
        reachable = path.is_dir() or path.suffix == ".key"
        assert not (reachable and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)), path


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "codegeex-lsp").symlink_to(tmp_path)
    with pytest.raises(EngineError, match="is not this user's folder"):
        find_address("test")


def test_a_killed_engine_is_started_again(address: Address) -> None:
    served = window()
    tokens = served.tokenizer.encode(CODE)
    before = served.generate(Question(tokens, 8, lambda _: False), CancellationToken())
    pid = engine_pid()
    end(pid)
    after = served.generate(Question(tokens, 8, lambda _: False), CancellationToken())
    assert after.text == before.text
    assert engine_pid() not in {0, pid}


def test_an_engine_killed_in_mid_answer_answers_all_the_same(address: Address) -> None:
    served = window()
    tokens = served.tokenizer.encode(CODE)
    expected = served.generate(Question(tokens, 60, lambda _: False), CancellationToken()).text
    pids = [engine_pid()]

    def kill_once(_: str) -> bool:
        if pids:
            os.kill(pids.pop(), signal.SIGKILL)
        return False

    assert served.generate(Question(tokens, 60, kill_once), CancellationToken()).text == expected


def test_an_engine_that_hangs_is_started_again(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.serving.link.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("engine.serving.link.STATUS_SECONDS", 0.3)
    served = window()
    pid = engine_pid()
    os.kill(pid, signal.SIGSTOP)
    said = served.generate(Question(served.tokenizer.encode(CODE), 4, lambda _: False), CancellationToken())
    assert said.text
    assert engine_pid() != pid


def test_a_window_that_meets_a_hanging_engine_starts_another(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.serving.client.STATUS_SECONDS", 0.5)
    window()
    pid = engine_pid()
    os.kill(pid, signal.SIGSTOP)
    window()
    assert engine_pid() not in {0, pid}


def test_one_that_cannot_be_started_is_an_error_for_a_while(address: Address) -> None:
    now, attempts = [100.0], []

    def start_nothing(_address: Address, _version: str) -> subprocess.Popen[bytes]:
        attempts.append(now[0])
        raise FileNotFoundError(2, "No such file or directory")

    client = EngineClient("test", start=start_nothing, clock=lambda: now[0])
    for now[0] in (100.0, 101.0, 100.0 + REFUSE_SECONDS):
        with pytest.raises(EngineUnavailableError, match="cannot be started: No such file"):
            client.open(*MODEL)
    assert attempts == [100.0, 100.0 + REFUSE_SECONDS]


def test_one_that_dies_while_it_starts_is_started_again(address: Address) -> None:
    attempts = []

    def start(address: Address, version: str) -> subprocess.Popen[bytes]:
        attempts.append(version)
        return subprocess.Popen([sys.executable, "-c", ""]) if len(attempts) < 3 else start_engine(address, version)

    EngineClient("test", start=start).open(*MODEL)
    assert len(attempts) >= 3


@pytest.mark.skipif(os.name == "nt", reason="a named pipe is in no folder")
def test_an_engine_whose_folder_was_removed_is_started_again(address: Address) -> None:
    served = window()
    tokens = served.tokenizer.encode(CODE)
    pid = engine_pid()
    shutil.rmtree(address.folder)
    end(pid)
    assert served.generate(Question(tokens, 4, lambda _: False), CancellationToken()).text


def test_a_model_that_cannot_be_loaded_is_an_error(address: Address, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no model folder"):
        EngineClient("test").open(str(tmp_path / "none"), "cpu", 1)


def test_cancelling_returns_at_once_and_frees_the_engine(address: Address) -> None:
    served, token = window(), CancellationToken()
    tokens = served.tokenizer.encode(CODE)

    def cancel(text: str) -> bool:
        if len(text) > 10:
            token.cancel()
        return False

    with pytest.raises(Cancelled):
        served.generate(Question(tokens, 500, cancel), token)
    assert served.generate(Question(tokens, 2, lambda _: False), CancellationToken()).text


def test_a_line_does_not_wait_for_a_long_answer(address: Address) -> None:
    served = window()
    tokens = served.tokenizer.encode(CODE)
    begun, chatted = threading.Event(), threading.Event()

    def chat() -> None:
        def heard(_: str) -> bool:
            begun.set()
            return False

        served.generate(Question(tokens, 600, heard, priority=Priority.CHAT), CancellationToken())
        chatted.set()

    threading.Thread(target=chat).start()
    begun.wait(10)
    served.generate(Question(tokens, 2, lambda _: False), CancellationToken())
    assert not chatted.is_set()
    assert chatted.wait(60)


def test_a_second_process_leaves_the_first_alone(address: Address) -> None:
    window()
    pid = engine_pid()
    start_engine(address, "test")
    assert engine_pid() == pid


def test_a_window_that_reads_nothing_holds_up_nobody(address: Address) -> None:
    served = window()
    tokens = served.tokenizer.encode(CODE)
    deaf = Client(address.listener, authkey=address.read_key())
    deaf.send_bytes(to_bytes(messages.Open(1, *MODEL)))
    with suppress(BrokenPipeError):  # it is left when the socket's buffers are full
        for number in range(2, 5000):
            deaf.send_bytes(to_bytes(messages.StatusRequest(number)))
    assert served.generate(Question(tokens, 4, lambda _: False), CancellationToken()).text
    deaf.close()
