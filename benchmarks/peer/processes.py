"""The processes that a benchmark has started: their own folders, their processor time, their resident memory."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from engine.context.workspace import WorkspaceIndex

FOLDERS = ("XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME")
INDEX_SECONDS = 900.0
QUIET_SHARE, QUIET_S, SETTLE_SECONDS = 0.1, 0.5, 60.0


@contextmanager
def own_folders() -> Iterator[Path]:
    """Return a new folder for index and socket of what is started, apart from other daemons of this user."""
    before = {name: os.environ.get(name) for name in FOLDERS}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ.update(dict.fromkeys(FOLDERS, folder))
        try:
            yield Path(folder).resolve()
        finally:
            for process in _started():  # an engine would wait for others to ask it
                with suppress(psutil.Error):
                    process.terminate()
            for name, value in before.items():
                os.environ.pop(name)
                os.environ.update({name: value} if value is not None else {})


async def indexed(root: Path) -> None:
    """Build the index of a workspace folder, which a daemon that is started next finds in the user's cache."""
    index = WorkspaceIndex(root)
    index.start()
    if not await asyncio.to_thread(index.wait_idle, INDEX_SECONDS):
        raise SystemExit(f"{root}: the index is not complete after {INDEX_SECONDS:.0f} seconds")
    index.stop()


async def quiet() -> None:
    """Wait until what we have started is idle; a daemon computes while it reads its folder."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        before = cpu_seconds()
        await asyncio.sleep(QUIET_S)
        if cpu_seconds() - before < QUIET_SHARE * QUIET_S:
            return


def cpu_seconds() -> float:
    return sum(map(_cpu_seconds, _started()))


def resident_mib() -> float:
    return sum(map(_resident_bytes, _started())) / 2**20


def _started() -> list[psutil.Process]:
    """Return our children, and detached processes such as the engine, which are found by our folder."""
    family = psutil.Process().children(recursive=True)
    ours = os.environ.get(FOLDERS[0], "")
    strangers = [process for process in psutil.process_iter() if process not in family and _folder(process) == ours]
    return [*family, *(process for process in strangers if process.pid != os.getpid())]


def _folder(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.environ().get(FOLDERS[0], "-")
    return "-"


def _cpu_seconds(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _resident_bytes(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss)
    return 0
