"""What hostile programs can do. Where a machine has no namespaces, the sandbox must refuse instead."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from engine.sandbox import sandbox as sandbox_module
from engine.sandbox.sandbox import (
    Isolation,
    Job,
    Limits,
    Sandbox,
    Stage,
    StageResult,
    find_isolation,
    python_folders,
)
from engine.types import EngineError

LIMITS = Limits(wall_seconds=20, cpu_seconds=10, memory_bytes=2**28, processes=16, output_bytes=2**16)
isolated_only = pytest.mark.skipif(not find_isolation().is_whole, reason="this machine has no namespaces: see means")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with closing(Sandbox(accept_no_isolation=True)) as opened:
        yield opened


@pytest.fixture
def limits_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    alone = Isolation("limits alone: a test", drops_to_own_uid=os.geteuid() == 0)
    monkeypatch.setattr(sandbox_module, "find_isolation", lambda: alone)
    with closing(Sandbox(accept_no_isolation=True)) as opened:
        yield opened


def python(sandbox: Sandbox, code: str, **limits: float) -> StageResult:
    stage = Stage((sys.executable, "-I", "-S", "-B", "main.py"), dataclasses.replace(LIMITS, **limits))
    return sandbox.run(Job({"main.py": code}, (stage,), python_folders()))[-1]


def shell(sandbox: Sandbox, code: str, **limits: float) -> StageResult:
    stage = Stage(("/bin/sh", "main.sh"), dataclasses.replace(LIMITS, **limits))
    return sandbox.run(Job({"main.sh": code}, (stage,)))[-1]


def test_a_program_and_how_it_ended(sandbox: Sandbox) -> None:
    result = python(sandbox, "import sys\nprint('out', flush=True)\nprint('é', file=sys.stderr)\nsys.exit(7)")
    assert (result.exit_code, result.signal, result.stopped, result.output) == (7, None, "", "out\né\n")


def test_stages_share_their_folder_and_end_with_the_first_that_fails(sandbox: Sandbox) -> None:
    write, read = Stage(("/bin/sh", "-c", "echo made > made"), LIMITS), Stage(("/bin/cat", "made"), LIMITS)
    assert [result.output for result in sandbox.run(Job({}, (write, read)))] == ["", "made\n"]
    assert len(sandbox.run(Job({}, (Stage(("/bin/false",), LIMITS), read)))) == 1


def test_a_program_that_cannot_be_started_is_named(sandbox: Sandbox) -> None:
    (result,) = sandbox.run(Job({}, (Stage(("/usr/bin/no-such-compiler",), LIMITS),)))
    assert result.exit_code == 127
    assert "no-such-compiler cannot be started" in result.output


def test_an_endless_loop_is_ended(sandbox: Sandbox) -> None:
    result = python(sandbox, "while True: pass", cpu_seconds=1)
    assert result.signal == signal.SIGXCPU


def test_an_endless_wait_is_ended(sandbox: Sandbox) -> None:
    result = python(sandbox, "import time\nprint('waits', flush=True)\ntime.sleep(1000)", wall_seconds=0.5)
    assert (result.stopped, result.output) == ("time", "waits\n")


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    assert "MemoryError" in python(sandbox, "x = bytearray(2**29)").output


@isolated_only
def test_memory_is_bounded_for_all_processes_together(sandbox: Sandbox) -> None:
    each = "        x = b'x' * 10**8\n        time.sleep(1000)\n"
    hog = f"import os, time\nfor _ in range(4):\n    if not os.fork():\n{each}os.wait()"
    assert python(sandbox, hog).stopped == "memory"


@isolated_only
def test_a_fork_bomb_fizzles_out(sandbox: Sandbox) -> None:
    result = python(sandbox, "import os\nwhile True:\n    os.fork()")
    assert "BlockingIOError" in result.output


def test_endless_output_is_cut(sandbox: Sandbox) -> None:
    result = python(sandbox, "while True: print('x' * 1000)")
    assert (result.stopped, len(result.output)) == ("output", LIMITS.output_bytes)


@isolated_only
def test_what_a_program_leaves_running_ends_with_it(sandbox: Sandbox) -> None:
    leave = (
        "import os, time\nif not os.fork():\n    os.setsid()\n    os.close(1)\n    os.close(2)\n    time.sleep(1000)"
    )
    look = Stage(("/bin/sh", "-c", "echo /proc/[0-9]*"), LIMITS)
    stage = Stage((sys.executable, "-I", "-S", "-c", leave), LIMITS)
    assert len(sandbox.run(Job({}, (stage, look), python_folders()))[-1].output.split()) == 2  # process 1, the shell


@isolated_only
def test_there_is_no_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket\nsocket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        assert "Network is unreachable" in python(sandbox, code).output
    assert "gaierror" in python(sandbox, "import socket\nsocket.getaddrinfo('example.org', 80)").output


@isolated_only
def test_files_of_the_machine_are_neither_seen_nor_changed(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    assert "FileNotFoundError" in python(sandbox, f"print(open({str(tmp_path / 'secret')!r}).read())").output
    for folder in ("/usr", "/etc", "/", str(Path.home()), *python_folders()):
        assert python(sandbox, f"open({folder + '/new'!r}, 'w')").exit_code == 1
        assert not Path(folder, "new").exists()
    assert "secret" not in shell(sandbox, "cat /etc/shadow /proc/1/environ 2>&1; echo done").output


@isolated_only
def test_it_gets_no_privileges_back(sandbox: Sandbox) -> None:
    status = shell(sandbox, "cat /proc/self/status").output
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert shell(sandbox, "mount -o remount,rw /usr || umount /usr").exit_code != 0


def test_the_environment_is_not_passed_on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "secret")
    names = python(sandbox, "import os\nprint(*sorted(os.environ))").output.split()
    assert set(names) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "TMPDIR"}


def test_each_program_finds_a_fresh_folder(sandbox: Sandbox) -> None:
    for _ in range(2):
        assert shell(sandbox, "ls; touch left").output == "main.sh\n"


def test_linked_folders_are_read_and_added_to(sandbox: Sandbox, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "old").write_text("old\n")
    command = ("/bin/sh", "-c", "cat {files}/cache/deep/old && echo new > cache/deep/new && cat $CACHE/deep/new")
    job = Job(
        {}, (Stage(command, LIMITS),), (str(tmp_path),), {"CACHE": "{files}/cache"}, {"cache": str(tmp_path)}
    )  # fmt: skip
    assert sandbox.run(job)[0].output == "old\nnew\n"
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["old"]


@isolated_only
def test_disk_is_bounded(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "DISK_BYTES", 2**20)
    result = shell(sandbox, "for i in 1 2 3 4; do head -c 500000 /dev/zero > $i || exit 3; done")
    assert (result.exit_code, "No space left" in result.output) == (3, True)
    result = python(sandbox, "for n in range(1000): open(str(n), 'w').close()")
    assert (result.exit_code, "No space left" in result.output) == (1, True)


def test_it_refuses_without_isolation_unless_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "find_isolation", lambda: Isolation("limits alone: a test"))
    with pytest.raises(EngineError, match=r"cannot keep programs from the network .*--accept-no-isolation"):
        Sandbox()


def test_a_machine_without_unshare_has_limits_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module.shutil, "which", lambda _: None)
    isolation = find_isolation.__wrapped__()
    assert not isolation.is_whole
    assert isolation.means == "limits alone: unshare(1) is missing, which comes with Linux"


def test_a_machine_that_forbids_namespaces_has_limits_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module.shutil, "which", lambda _: "/bin/false")
    isolation = find_isolation.__wrapped__()
    assert not isolation.is_whole
    assert "namespaces cannot be created here" in isolation.means


def test_limits_alone_still_bound(limits_alone: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "secret")
    assert shell(limits_alone, "sleep 1000", wall_seconds=0.5).stopped == "time"
    assert shell(limits_alone, "while :; do echo xxxxxxxxxx; done").stopped == "output"
    assert "secret" not in shell(limits_alone, "env").output
    assert shell(limits_alone, "ls; touch left").output == "main.sh\n"


def test_a_sandbox_does_not_outlive_its_caller() -> None:
    code = (
        "from engine.sandbox.sandbox import *\n"
        "opened = Sandbox(accept_no_isolation=True)\n"
        "print('ready', flush=True)\n"
        "opened.run(Job({}, (Stage(('/bin/sleep', '1000'), Limits(1000, 10, 2**28)),)))\n"
    )
    caller = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    caller.stdout.readline()
    own = psutil.Process(caller.pid)
    while not any(process.name() == "sleep" for process in own.children(recursive=True)):
        assert caller.poll() is None
    inside = own.children(recursive=True)
    caller.kill()
    caller.wait()
    assert psutil.wait_procs(inside, timeout=20)[1] == []


def test_limits_alone_leave_nothing_when_their_caller_is_killed(tmp_path: Path) -> None:
    code = (
        "from engine.sandbox import sandbox\n"
        "sandbox.find_isolation = lambda: sandbox.Isolation('limits alone: a test')\n"
        "opened = sandbox.Sandbox(accept_no_isolation=True)\n"
        "limits = sandbox.Limits(1000, 10, 2**28)\n"
        "opened.run(sandbox.Job({'main.c': 'x'}, (sandbox.Stage(('/bin/sleep', '1000'), limits),)))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    caller = subprocess.Popen([sys.executable, "-c", code], env=environment)
    own = psutil.Process(caller.pid)
    while not any(process.name() == "sleep" for process in own.children(recursive=True)):
        assert caller.poll() is None
    inside = own.children(recursive=True)
    caller.kill()
    caller.wait()
    assert psutil.wait_procs(inside, timeout=20)[1] == []
    assert list(tmp_path.iterdir()) == []


def test_the_folders_of_killed_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module.tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    (tmp_path / f"codegeex-sandbox-{gone.pid}-abc").mkdir()
    (tmp_path / f"codegeex-sandbox-{os.getppid()}-abc").mkdir()
    Sandbox(accept_no_isolation=True).close()
    assert [each.name for each in tmp_path.iterdir()] == [f"codegeex-sandbox-{os.getppid()}-abc"]
