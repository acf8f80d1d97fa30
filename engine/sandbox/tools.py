"""Finds the compilers and interpreters of this machine, and asks for their versions.

A name on PATH is not yet a compiler: it may be a proxy whose toolchain is not installed (rustup's proxies, macOS'
`javac` and `gcc`), or a wrapper that waits for something. Whatever does not answer within `ANSWER_SECONDS` is absent.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from engine.sandbox.sandbox import SYSTEM_PATH, end_group

ANSWER_SECONDS = 20.0  # a virtual machine on a busy computer takes several
MAX_ANSWER_BYTES = 4096
# Serial, or each virtual machine starts a garbage collector's thread for every core.
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx512m")
# Nothing is fetched: rustup and go would otherwise download the toolchain that they lack.
OFFLINE = {"RUSTUP_AUTO_INSTALL": "0", "GOTOOLCHAIN": "local"}


class Absent(Exception):  # noqa: N818 - a fact about the machine, to be reported
    """A language cannot be run on this machine; the message names what it lacks."""


def find_tool(name: str, lacking: str) -> tuple[str, str]:
    """Return a program's absolute path, with links resolved, and the folder of its installation. Raises `Absent`."""
    found = shutil.which(name)
    if found is None or not Path(found).is_absolute():  # a relative path would lead into the workspace
        raise Absent(lacking)
    path = Path(found).resolve()
    folder = path.parent.parent
    # In the user's own ~/bin: show only the program, not the whole home folder.
    private = folder == Path(folder.anchor) or Path.home().is_relative_to(folder)
    return (found if name == "rustc" else str(path)), str(path.parent if private else folder)


def output_of(*command: str) -> str:
    """Return what a command prints, on one line. Raises `Absent` if it cannot be started, fails, or does not end.

    It runs outside of any workspace: rustup and go read there which toolchain to start.
    """
    name = Path(command[0]).name
    # Files, not pipes: a child process that outlives the command may keep a pipe open forever.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                cwd=Path(Path.cwd().anchor),
                env={"PATH": SYSTEM_PATH, **os.environ, **OFFLINE},
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as fault:
            raise Absent(f"{name} cannot be started: {fault.strerror or fault}") from fault
        try:
            exit_code = process.wait(ANSWER_SECONDS)
        except BaseException as fault:
            end_group(process)
            if isinstance(fault, subprocess.TimeoutExpired):
                raise Absent(f"{name} does not answer within {ANSWER_SECONDS:g} s") from None
            raise
        printed, complained = _read(output), _read(errors)
    if exit_code != 0:
        raise Absent(f"{name} does not work: {complained or printed or f'exit code {exit_code}'}")
    return printed or complained


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return re.sub(r"\s+", " ", file.read(MAX_ANSWER_BYTES).decode("utf-8", "replace").strip())
