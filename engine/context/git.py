"""git's own verdicts on what is ignored: one long-lived `git check-ignore` for each repository in use.

git is run so that no configuration of a workspace can start a program, and so that it never uses the network. It is the
best judge of its own rules; where it is absent, or refuses, the caller falls back to rules of our own.
"""

from __future__ import annotations

import logging
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from codegeex_lsp import HOME

log = logging.getLogger(__name__)

ANSWER_SECONDS = 10.0  # a git that takes longer is given up
IDLE_SECONDS = 10.0  # an unused process ends: on Windows it would keep its folder from being removed
RETRY_SECONDS = 60.0  # a repository that git refuses, another user's for example, is not tried again for so long
MAX_PROCESSES = 8
BATCH_BYTES = 4096  # fits into every platform's pipe: writing never waits for a git that reads nothing
_FIELDS = 4  # source, line number, pattern, path
_END = b"\0"
# Programs that a repository's own configuration could name for what is run here, and caches that it could tamper with.
_SAFE = (
    "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", "-c", f"core.hooksPath={os.devnull}",
    "-c", "core.sshCommand=", "-c", "credential.helper=", "-c", "protocol.allow=never",
)  # fmt: skip
# Variables that would make git look at another repository than the one of the folder.
_OF_A_REPOSITORY = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS", "GIT_EXTERNAL_DIFF", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND", "GIT_ASKPASS",
})  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """git's verdict on a path: `source` names the file of the rule that matched, "" if none did."""

    is_ignored: bool
    source: str = ""


@cache
def find_git() -> str | None:
    """Return git's path, if there is one that runs."""
    found = shutil.which("git")
    if found is None or not Path(found).is_absolute():  # a relative path would lead into the workspace
        return None
    from engine.sandbox.tools import Absent, output_of

    try:
        output_of(found, "--version")
    except Absent as fault:
        log.debug("git is not used: %s", fault)
        return None
    return found


def git_environment() -> dict[str, str]:
    """Return the environment in which git is run: of no repository, quiet, without locks and network."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "LC_ALL": "C",
    }


def git_command(git: str, folder: Path, *arguments: str) -> list[str]:
    """Return the command line that runs git in a folder, without what its configuration could start."""
    return [git, *_SAFE, "-C", str(folder), *arguments]


def ask_git(folder: Path, paths: Sequence[Path]) -> list[Verdict] | None:
    """Return git's verdicts on paths of the repository around `folder`; None if it has none.

    All are resolved. Blocks for as long as git takes, `ANSWER_SECONDS` at most for each.
    """
    git = find_git()
    return _processes.judge(git, folder, paths) if git else None


@lru_cache(maxsize=10_000)
def holds_tracked_files(repository: Path, folder: Path) -> bool:
    """True if a repository tracks a file below a folder, so that an ignored folder still has files that count."""
    git = find_git()
    if not git:
        return False
    command = git_command(git, repository, "--literal-pathspecs", "ls-files", "-z", "--cached", "--", str(folder))
    try:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=git_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ) as process:  # fmt: skip
            first = process.stdout.read(1) if process.stdout else b""  # one is enough
            process.kill()
    except OSError:
        return False
    return bool(first)


def forget_git() -> None:
    """End the processes: they remember rules that may have changed."""
    _processes.end()
    holds_tracked_files.cache_clear()


class _Process:
    """`git check-ignore` for one repository, which answers path by path."""

    def __init__(self, git: str, folder: Path) -> None:
        self.used_at = time.monotonic()
        self.is_refused = False  # it gave up before it had answered anything
        self._has_answered = self._was_ended = False
        self._asking = threading.Lock()
        self._fields: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            git_command(git, folder, "check-ignore", "--stdin", "--verbose", "--non-matching", "-z"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=git_environment(), cwd=HOME,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True, name="git check-ignore").start()

    def judge(self, paths: Sequence[Path]) -> list[Verdict] | None:
        """Return the verdict on each path; None if git has ended, or takes too long."""
        with self._asking:
            self.used_at = time.monotonic()
            try:
                return [verdict for batch in _batches(paths) for verdict in self._judge_batch(batch)]
            except (OSError, ValueError, queue.Empty):
                self.is_refused = not self._has_answered and not self._was_ended
                self.end()
                return None

    def _judge_batch(self, paths: Sequence[bytes]) -> list[Verdict]:
        assert self._process.stdin  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(b"".join(path + _END for path in paths))
        self._process.stdin.flush()
        return [self._read_verdict(path) for path in paths]

    def _read_verdict(self, path: bytes) -> Verdict:
        """Return the next verdict. Raises `ValueError` once git has ended, `queue.Empty` if it takes too long."""
        source, _, pattern, answered = (self._fields.get(timeout=ANSWER_SECONDS) for _ in range(_FIELDS))
        if source is None or pattern is None or answered != path:
            raise ValueError("git has ended, or answers something else")
        self._has_answered = True
        return Verdict(bool(source) and not pattern.startswith(b"!"), os.fsdecode(source))

    def end(self) -> None:
        """End the process, whatever it does."""
        self._was_ended = True
        with suppress(OSError):
            self._process.kill()
        with suppress(OSError, ValueError):
            if self._process.stdin:
                self._process.stdin.close()

    def _read(self) -> None:
        rest = b""
        assert self._process.stdout  # noqa: S101 - it is a pipe
        with suppress(OSError, ValueError):
            while read := os.read(self._process.stdout.fileno(), 65536):
                *fields, rest = (rest + read).split(_END)
                for field in fields:
                    self._fields.put(field)
        for _ in range(_FIELDS):
            self._fields.put(None)
        self._process.stdout.close()
        self._process.wait()


def _batches(paths: Sequence[Path]) -> Iterator[list[bytes]]:
    """Yield the paths in bytes, so many at a time as fit into a pipe."""
    batch: list[bytes] = []
    room = BATCH_BYTES
    for path in map(os.fsencode, paths):
        if batch and len(path) >= room:
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(path)
        room -= len(path) + len(_END)
    if batch:
        yield batch


class _Processes:
    """The processes in use, by the folder they run in, the one used last at the end."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._by_folder: dict[Path, _Process] = {}
        self._refused: dict[Path, float] = {}  # and when
        self._watched = False

    def judge(self, git: str, folder: Path, paths: Sequence[Path]) -> list[Verdict] | None:
        for _ in range(2):  # a process may be ended while it is asked
            if time.monotonic() - self._refused.get(folder, -RETRY_SECONDS) < RETRY_SECONDS:
                return None
            try:
                process = self._process(git, folder)
            except OSError as fault:
                log.debug("git does not start: %s", fault)
                return None
            verdicts = process.judge(paths)
            if verdicts is not None:
                return verdicts
            with self._changing:
                if self._by_folder.get(folder) is process:
                    del self._by_folder[folder]
                if process.is_refused:
                    log.debug("git does not answer in %s", folder)
                    self._refused[folder] = time.monotonic()
        return None

    def end(self) -> None:
        with self._changing:
            ended, self._by_folder, self._refused = list(self._by_folder.values()), {}, {}
        _end_all(ended)

    def _process(self, git: str, folder: Path) -> _Process:
        with self._changing:
            process = self._by_folder.pop(folder, None) or _Process(git, folder)
            self._by_folder[folder] = process
            surplus = [self._by_folder.pop(next(iter(self._by_folder)))] if len(self._by_folder) > MAX_PROCESSES else []
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._end_idle, daemon=True, name="idle git").start()
        _end_all(surplus)
        return process

    def _end_idle(self) -> None:
        while True:
            time.sleep(IDLE_SECONDS)
            with self._changing:
                since = time.monotonic() - IDLE_SECONDS
                idle = {folder: process for folder, process in self._by_folder.items() if process.used_at < since}
                for folder in idle:
                    del self._by_folder[folder]
                if not self._by_folder:
                    self._watched = False
            _end_all(idle.values())
            if not self._watched:
                return


def _end_all(processes: Iterable[_Process]) -> None:
    for process in processes:
        process.end()


_processes = _Processes()
