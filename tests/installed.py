"""The programs of this machine that tests need: one that is on PATH and does not run counts as absent."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ANSWER_SECONDS = 60


def needs(program: str, *question: str) -> None:
    """Skip the test unless this machine has the program and it answers `question`, or else `--version`."""
    if reason := _fault_of((program, *(question or ("--version",)))):
        pytest.skip(reason)


@cache
def _fault_of(command: tuple[str, ...]) -> str:
    try:
        subprocess.run(
            command, cwd=Path.cwd().anchor, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_SECONDS,
            check=True, env={**os.environ, "RUSTUP_AUTO_INSTALL": "0"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as fault:
        return f"{command[0]} is not installed, or does not run: {fault}"
    return ""


def stub(folder: Path, program: str, script: str) -> Path:
    """Return a program of this name, in `folder`, that runs a shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / program
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
