"""The assist features from a real Emacs with nothing but eglot, its own LSP client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.chat_model.lessons import ADD

SCRIPT = Path(__file__).with_name("assist.el")
ROOT = SCRIPT.parents[2]
SECONDS = 110
HAS_EGLOT = "(progn (require 'package) (package-initialize) (require 'eglot))"


@cache
def has_eglot() -> bool:
    """Emacs 29 has it; an older one may have it as a package (Debian's elpa-eglot)."""
    command = ("emacs", "--batch", "-q", "--eval", HAS_EGLOT)
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


@pytest.mark.command
@pytest.mark.skipif(not has_eglot(), reason="no Emacs with eglot: install Emacs 29, or an older one and elpa-eglot")
def test_a_person_at_a_plain_emacs(chat_folder: Path, tmp_path: Path) -> None:
    project, report = tmp_path / "project", tmp_path / "report.json"
    project.mkdir()
    (project / "sample.py").write_text(ADD)
    told = "\n".join((sys.executable, str(chat_folder), str(project / "sample.py"), str(report)))
    environment = os.environ | {"CODEGEEX_TEST": told, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    subprocess.run(
        ["emacs", "--batch", "-q", "-l", str(SCRIPT)], env=environment, check=True, timeout=SECONDS, capture_output=True
    )
    came = json.loads(report.read_text())
    assert "fault" not in came, came["fault"]
    assert came["commented"] == "def add(a, b):\n    # The sum of both numbers.\n    return a + b\n"
    assert came["undone"], "one undo takes the whole edit back"
    assert came["asked"] == "Paris."
    assert came["java"].startswith("int add(int a, int b) {")
    assert came["refused"] == "The code is already in Python."
