"""Untrusted programs, run so that they can do no harm.

On Linux every program gets its own namespaces: no network, no processes but its own, and its own file system, which
holds the system's and the toolchain's folders read-only and an empty /tmp. As root it runs under a user id that nobody
has; otherwise in a user namespace, without capabilities. Time, memory, processes, disk and output are limited, and
nothing of our environment is passed on. On a machine without namespaces (containers often forbid them; other systems
have none) only the limits are left, which the caller must accept explicitly.
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

from engine.types import EngineError

INIT = Path(__file__).with_name("sandbox_init.py")
SYSTEM_FOLDERS = ("/bin", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/sbin", "/usr")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
DISK_BYTES = 512 * 2**20
NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts")
USER_NAMESPACE = ("--user", "--map-root-user")
# User ids for programs that root runs. Each gets its own, so that the kernel counts its processes separately.
FIRST_UID, UIDS = 40_000, 20_000
_uids = itertools.count(os.getpid())
ROOT_PREFIX = "codegeex-sandbox-"
PATIENCE_SECONDS = 30.0  # beyond a job's own limits, to set up the sandbox and to take it down


@dataclass(frozen=True)
class Limits:
    """The limits of one stage. CPU time and memory are those of each process; in namespaces, memory also that of all
    together.
    """

    wall_seconds: float
    cpu_seconds: int
    memory_bytes: int
    processes: int = 64  # threads count as processes
    output_bytes: int = 2**20


@dataclass(frozen=True)
class Stage:
    """A command. It starts in `folder`, or in the folder of the job's files."""

    argv: tuple[str, ...]
    limits: Limits
    folder: str = ""


@dataclass(frozen=True)
class Job:
    """What a sandbox runs. `files` are texts by name, in a fresh folder; `readable` folders are shown besides the
    system's.

    `linked` folders, by name, consist of links to the files of others: these can be read, and further files be written.
    In commands and in `environment`, "{files}" is the fresh folder.
    """

    files: Mapping[str, str]
    stages: tuple[Stage, ...]
    readable: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    linked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StageResult:
    """The end of a stage. `stopped` is "time", "memory" or "output" if the sandbox ended it; `output` is stdout and
    stderr.

    The kernel's own limits appear as `signal` (SIGXCPU) or as what the program made of them (a failed allocation).
    """

    exit_code: int | None
    signal: int | None
    stopped: str
    output: str
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True)
class Isolation:
    """How programs are isolated from the machine. `command` creates the namespaces; `means` describes it for users
    and results.
    """

    means: str
    command: tuple[str, ...] = ()
    drops_to_own_uid: bool = False

    @property
    def is_whole(self) -> bool:
        """True if programs see no network, no files and no processes of the machine; otherwise there are limits
        only.
        """
        return bool(self.command)


class Sandbox:
    """Runs jobs; thread-safe. Raises `EngineError` if the machine cannot isolate them.

    With `accept_no_isolation` they run there nevertheless: under limits, but with the network and the user's files.
    """

    def __init__(self, *, accept_no_isolation: bool = False) -> None:
        if os.name != "posix":
            raise EngineError("programs can be run on Linux and, without isolation, on other Unix systems only")
        self.isolation = find_isolation()
        if not self.isolation.is_whole and not accept_no_isolation:
            raise EngineError(
                f"this machine cannot keep programs from the network and your files: {self.isolation.means}."
                " Run it where unshare(1) may create namespaces, or accept this with --accept-no-isolation"
            )
        _remove_stale_roots()
        self._root = tempfile.TemporaryDirectory(prefix=f"{ROOT_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True)
        Path(self._root.name).chmod(0o711)  # without namespaces, another user id has to reach its folder below

    def close(self) -> None:
        self._root.cleanup()

    def run(self, job: Job) -> tuple[StageResult, ...]:
        """Run a job. Returns one result for each stage, up to the first that did not end with exit code 0."""
        return _start(self.isolation, self._root.name, job)


def _remove_stale_roots() -> None:
    """Remove the mount points of processes that were killed: empty folders, since a sandbox is not visible from
    outside.
    """
    import psutil

    for root in Path(tempfile.gettempdir()).glob(f"{ROOT_PREFIX}*-*"):
        owner = root.name.removeprefix(ROOT_PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(OSError):
                root.rmdir()


@lru_cache(maxsize=1)
def find_isolation() -> Isolation:
    """Return the best isolation that this machine offers, tried out."""
    unshare = shutil.which("unshare")
    if sys.platform != "linux" or unshare is None:
        return _limits_alone("unshare(1) is missing, which comes with Linux")
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
    return _limits_alone(f"namespaces cannot be created here ({why})")


def _limits_alone(why: str) -> Isolation:
    return Isolation(f"limits alone: {why}", drops_to_own_uid=os.geteuid() == 0)


def _threads_of_this_user() -> int:
    import psutil

    here = os.getuid()
    found = psutil.process_iter(["uids", "num_threads"])
    return sum(p.info["num_threads"] or 0 for p in found if p.info["uids"] and p.info["uids"].real == here)


def interpreter() -> str:
    """Return the path of our own interpreter as a sandbox sees it, without `..`, which may lead nowhere there."""
    path = Path(sys.executable)
    return str(_without_dots(path.parent) / path.name)  # the file itself may be a link into another installation


def python_folders() -> tuple[str, ...]:
    """Return the folders that our own interpreter reads."""
    return tuple(dict.fromkeys(str(_without_dots(Path(folder))) for folder in (sys.prefix, sys.base_prefix)))


def _without_dots(path: Path) -> Path:
    """Return a path without the `..` that Python 3.10 leaves in its own paths; others stay as they are spelled."""
    return path.resolve() if ".." in path.parts else path


def _start(isolation: Isolation, root: str, job: Job) -> tuple[StageResult, ...]:
    # A readable folder includes what is below it: shorter paths first, and nothing below them again.
    readable: list[str] = []
    for path in sorted({*SYSTEM_FOLDERS, *job.readable}, key=len):
        if Path(path).exists() and not any(Path(path).is_relative_to(known) for known in readable):
            readable.append(path)
    uid = FIRST_UID + next(_uids) % UIDS if isolation.drops_to_own_uid else None
    # The kernel counts the processes of a user: only the sandbox's if it has its own user id or user namespace.
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
    watchdog = threading.Timer(limit, end_group, (init,))  # --kill-child ends what is inside
    watchdog.start()
    output = errors = b""
    try:
        # stdin stays open: when it closes, the sandbox knows that we are gone. One that ends before it has read its job
        # reports why.
        with contextlib.suppress(BrokenPipeError), init:
            stdin, stdout, stderr = (pipe for pipe in (init.stdin, init.stdout, init.stderr) if pipe is not None)
            with contextlib.suppress(BrokenPipeError):
                stdin.write(line.encode() + b"\n")
                stdin.flush()
            output, errors = stdout.read(), stderr.read()
    finally:
        watchdog.cancel()
        end_group(init)
    return _read_report(output, errors)


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


def _read_report(output: bytes, errors: bytes) -> tuple[StageResult, ...]:
    try:
        report = json.loads(output)
    except ValueError:
        why = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise EngineError(f"the sandbox ended without a report: {why or 'it was killed'}") from None
    if "fault" in report:
        raise EngineError(f"the sandbox cannot be built: {report['fault']}")
    return tuple(StageResult(**stage) for stage in report["stages"])
