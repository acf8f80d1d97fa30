"""The compilers and interpreters of this machine, found and asked for their versions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from engine.sandbox.sandbox import SYSTEM_PATH

VERSION_SECONDS = 60
# Serial, or each virtual machine starts a collector's thread for every core.
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx512m")


class Absent(Exception):  # noqa: N818 - a fact of the machine, to be reported
    """A language cannot be run here; the message says what it lacks."""


def find_tool(name: str, lacking: str) -> tuple[str, str]:
    """A program's absolute path, links followed, and the folder of what belongs to it. Raises `Absent`."""
    found = shutil.which(name)
    if found is None or not Path(found).is_absolute():  # a relative one would be the workspace's
        raise Absent(lacking)
    path = Path(found).resolve()
    folder = path.parent.parent
    # Somebody's own ~/bin: show the program alone, not the whole of their home.
    private = folder == Path(folder.anchor) or Path.home().is_relative_to(folder)
    return (found if name == "rustc" else str(path)), str(path.parent if private else folder)


def said_by(*command: str) -> str:
    """What a command prints, on one line. Raises `OSError` and `SubprocessError`.

    It runs in no workspace: rustup and go read there which toolchain to start, or to fetch.
    """
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=VERSION_SECONDS,
        check=True,
        cwd=Path(Path.cwd().anchor),
        env={"PATH": SYSTEM_PATH, **os.environ},
    )
    return re.sub(r"\s+", " ", (done.stdout or done.stderr).strip())
