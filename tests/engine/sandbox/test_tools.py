"""How compilers are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.sandbox.tools import Absent, find_tool, said_by


def test_a_tool_is_asked_outside_of_any_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert said_by("pwd") == tmp_path.anchor


def test_a_program_of_the_workspace_is_no_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gcc").write_text("#!/bin/sh\n")
    (tmp_path / "gcc").chmod(0o755)
    monkeypatch.setenv("PATH", f".{os.pathsep}/nowhere")
    with pytest.raises(Absent, match="no C compiler"):
        find_tool("gcc", "no C compiler")
