"""How compilers are found."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from engine.sandbox import tools
from engine.sandbox.tools import Absent, find_tool, output_of
from tests.installed import stub


def test_a_tool_runs_outside_of_any_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert output_of("pwd") == tmp_path.anchor


def test_a_program_of_the_workspace_is_no_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gcc").write_text("#!/bin/sh\n")
    (tmp_path / "gcc").chmod(0o755)
    monkeypatch.setenv("PATH", f".{os.pathsep}/nowhere")
    with pytest.raises(Absent, match="no C compiler"):
        find_tool("gcc", "no C compiler")


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("echo 'error: no default toolchain' >&2; exit 1", "rustc does not work: error: no default toolchain"),
        ("exit 3", "rustc does not work: exit code 3"),
        ("/bin/sleep 60; echo 1.0", "rustc does not answer within 0.2 s"),
        ("/bin/sleep 60 & wait", "rustc does not answer within 0.2 s"),
    ],
)
def test_a_tool_that_does_not_answer_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, fault: str
) -> None:
    if "sleep" in script:
        monkeypatch.setattr(tools, "ANSWER_SECONDS", 0.2)
    with pytest.raises(Absent) as why:
        output_of(str(stub(tmp_path, "rustc", script)), "--version")
    assert str(why.value) == fault


def test_nothing_that_a_tool_started_outlives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "ANSWER_SECONDS", 1.0)
    child = tmp_path / "child"
    with pytest.raises(Absent):
        output_of(str(stub(tmp_path, "go", f"/bin/sleep 60 & echo $! > {child}; wait")))
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(child.read_text())).wait(20)


def test_a_program_that_cannot_be_started_is_absent(tmp_path: Path) -> None:
    (tmp_path / "tsc").write_text("")
    with pytest.raises(Absent, match="tsc cannot be started"):
        output_of(str(tmp_path / "tsc"))
