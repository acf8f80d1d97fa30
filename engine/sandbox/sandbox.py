"""Programs of unknown worth, run where they can do no harm.

On Linux every program gets namespaces of its own: no network, no processes but its own, and a file system of its own,
which holds the system's and the toolchain's folders read-only and an empty /tmp. As root it runs under a user id that
nobody has; otherwise in a user namespace, without capabilities. Time, memory, processes, disk and output are bounded,
and nothing of our environment is passed on. Where a machine offers no namespaces (containers often forbid them; other
systems have none) only the bounds are left, which the caller must accept in so many words.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

import psutil

from engine.types import EngineError

INIT = Path(__file__).with_name("sandbox_init.py")
SYSTEM_FOLDERS = ("/bin", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/sbin", "/usr")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
DISK_BYTES = 512 * 2**20
NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts")
USER_NAMESPACE = ("--user", "--map-root-user")
# User ids for programs that root runs; each its own, so that the kernel counts its processes alone.
FIRST_UID, UIDS = 40_000, 20_000
_uids = itertools.count(os.getpid())
ROOT_PREFIX = "codegeex-sandbox-"
PATIENCE_SECONDS = 30.0  # beyond a job's own limits, for building the sandbox and taking it down


@dataclass(frozen=True)
class Limits:
    """Of one stage. CPU time and memory: of each process; in namespaces, memory also of all of them together."""

    wall_seconds: float
    cpu_seconds: int
    memory_bytes: int
    processes: int = 64  # threads count as processes
    output_bytes: int = 2**20


@dataclass(frozen=True)
class Stage:
    """A command, which starts in `folder`, or else where the job's files are."""

    argv: tuple[str, ...]
    limits: Limits
    folder: str = ""


@dataclass(frozen=True)
class Job:
    """`files` are texts by name, in a fresh folder; `readable` folders are shown besides the system's.

    `linked` folders, by name, are made of links to the files of others: what is there can be read, and more be written.
    In commands and in `environment`, "{files}" is the fresh folder.
    """

    files: Mapping[str, str]
    stages: tuple[Stage, ...]
    readable: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    linked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StageResult:
    """`stopped` is "time", "memory" or "output" where the sandbox ended it; `output` is stdout and stderr as they came.

    The kernel's own limits show as `signal` (SIGXCPU) or as what the program made of them (a failed allocation).
    """

    exit_code: int | None
    signal: int | None
    stopped: str
    output: str
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True)
class Isolation:
    """What keeps programs apart from the machine. `command` makes the namespaces; `means` is for people and results."""

    means: str
    command: tuple[str, ...] = ()
    drops_to_own_uid: bool = False

    @property
    def is_whole(self) -> bool:
        """No network, no files and no processes of the machine; otherwise bounds alone."""
        return bool(self.command)


class Sandbox:
    """Runs jobs, from several threads at once. Raises `EngineError` where the machine cannot isolate them.

    `accept_no_isolation` runs them there all the same: with bounds, but with the network and the user's files.
    """

    def __init__(self, *, accept_no_isolation: bool = False) -> None:
        if os.name != "posix":
            raise EngineError("programs are only run on Linux and, without isolation, on other Unix systems")
        self.isolation = find_isolation()
        if not self.isolation.is_whole and not accept_no_isolation:
            raise EngineError(
                f"this machine cannot keep programs from the network and your files: {self.isolation.means}."
                " Run it where unshare(1) may make namespaces, or accept that with --accept-no-isolation"
            )
        _remove_left_behind()
        self._root = tempfile.TemporaryDirectory(prefix=f"{ROOT_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True)
        Path(self._root.name).chmod(0o711)  # without namespaces, another user id has to find its folder below

    def close(self) -> None:
        self._root.cleanup()

    def run(self, job: Job) -> tuple[StageResult, ...]:
        """One result a stage, up to the first that did not end with exit code 0."""
        return _start(self.isolation, self._root.name, job)


def _remove_left_behind() -> None:
    """The mount points of processes that were killed: empty folders, as nothing of a sandbox is seen from outside."""
    for root in Path(tempfile.gettempdir()).glob(f"{ROOT_PREFIX}*-*"):
        owner = root.name.removeprefix(ROOT_PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(OSError):
                root.rmdir()


@lru_cache(maxsize=1)
def find_isolation() -> Isolation:
    """The best means of this machine, tried out."""
    unshare = shutil.which("unshare")
    if sys.platform != "linux" or unshare is None:
        return _bounds_alone("there is no unshare(1), which comes with Linux")
    as_root = Isolation(
        "unshare: network, mount, process and IPC namespaces, a user id of its own",
        command=(unshare, *NAMESPACES),
        drops_to_own_uid=True,
    )
    as_user = Isolation(
        "unshare: user, network, mount, process and IPC namespaces", command=(unshare, *USER_NAMESPACE, *NAMESPACES)
    )
    trial = Job({}, (Stage((interpreter(), "-I", "-S", "-c", ""), Limits(20, 10, 2**30)),), readable=python_folders())
    why = ""
    for isolation in (as_root, as_user) if os.geteuid() == 0 else (as_user,):
        with tempfile.TemporaryDirectory(prefix=f"{ROOT_PREFIX}{os.getpid()}-") as root:
            try:
                (result,) = _start(isolation, root, trial)
            except EngineError as fault:
                why = str(fault)
                continue
        if result.exit_code == 0:
            return isolation
        why = result.output.strip()
    return _bounds_alone(f"namespaces cannot be made here ({why})")


def _bounds_alone(why: str) -> Isolation:
    return Isolation(f"bounds alone: {why}", drops_to_own_uid=os.geteuid() == 0)


def _threads_of_this_user() -> int:
    here = os.getuid()
    found = psutil.process_iter(["uids", "num_threads"])
    return sum(p.info["num_threads"] or 0 for p in found if p.info["uids"] and p.info["uids"].real == here)


def interpreter() -> str:
    """Return the path of our own interpreter as a sandbox has it, in which `..` leads nowhere."""
    path = Path(sys.executable)
    return str(_without_dots(path.parent) / path.name)  # the file itself may be a link into another installation


def python_folders() -> tuple[str, ...]:
    """Return the folders that our own interpreter reads."""
    return tuple(dict.fromkeys(str(_without_dots(Path(folder))) for folder in (sys.prefix, sys.base_prefix)))


def _without_dots(path: Path) -> Path:
    """Return a path without the `..` that Python 3.10 leaves in its own paths; others stay as they are spelled."""
    return path.resolve() if ".." in path.parts else path


def _start(isolation: Isolation, root: str, job: Job) -> tuple[StageResult, ...]:
    # Whoever lists a folder lists what lies in it: the shorter path first, and nothing below it again.
    readable: list[str] = []
    for path in sorted({*SYSTEM_FOLDERS, *job.readable}, key=len):
        if Path(path).exists() and not any(Path(path).is_relative_to(known) for known in readable):
            readable.append(path)
    uid = FIRST_UID + next(_uids) % UIDS if isolation.drops_to_own_uid else None
    # The kernel counts a user's processes: the sandbox's alone where it has a user id or a user namespace of its own.
    others = 0 if isolation.is_whole or uid is not None else _threads_of_this_user()
    line = json.dumps(
        {
            "isolated": isolation.is_whole,
            "root": root,
            "readable": readable,
            "uid": uid,
            "disk_bytes": DISK_BYTES,
            "files": dict(job.files),
            "linked": dict(job.linked),
            "environment": {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", **job.environment},
            "stages": [
                {
                    **asdict(stage.limits),
                    "processes": stage.limits.processes + others,
                    "argv": stage.argv,
                    "folder": stage.folder,
                }
                for stage in job.stages
            ],
        }
    )
    init = subprocess.Popen(
        [*isolation.command, interpreter(), "-I", "-S", "-B", str(INIT)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"LANG": "C.UTF-8"}, start_new_session=True,
    )  # fmt: skip
    limit = sum(stage.limits.wall_seconds for stage in job.stages) + PATIENCE_SECONDS
    watchdog = threading.Timer(limit, end_group, (init,))  # and --kill-child ends what is inside
    watchdog.start()
    said = complained = b""
    try:
        # stdin stays open: that it closes is how the sandbox learns that we are gone. One that ends before it has read
        # its job says why.
        with contextlib.suppress(BrokenPipeError), init:
            asking, saying, complaining = (pipe for pipe in (init.stdin, init.stdout, init.stderr) if pipe is not None)
            with contextlib.suppress(BrokenPipeError):
                asking.write(line.encode() + b"\n")
                asking.flush()
            said, complained = saying.read(), complaining.read()
    finally:
        watchdog.cancel()
        end_group(init)
    return _read_report(said, complained)


def end_group(leader: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started in a session of its own, with all that it has started there, and reap it."""
    if leader.poll() is None:
        kill_group(leader.pid)
        leader.wait()


def kill_group(leader: int) -> None:
    """Kill the processes of a session by the id of its first one, which must not have been reaped yet."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(leader, signal.SIGKILL)
        else:
            os.kill(leader, signal.SIGTERM)  # Windows has no groups; this ends the one process at once


def _read_report(said: bytes, complained: bytes) -> tuple[StageResult, ...]:
    try:
        report = json.loads(said)
    except ValueError:
        why = complained.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise EngineError(f"the sandbox ended without a report: {why or 'it was killed'}") from None
    if "fault" in report:
        raise EngineError(f"the sandbox cannot be built: {report['fault']}")
    return tuple(StageResult(**stage) for stage in report["stages"])
