from __future__ import annotations

import runpy
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "clients" / "jetbrains"


def test_the_plugin_has_the_servers_settings() -> None:
    generator = runpy.run_path(str(CLIENT / "settings.py"))
    for file, text in generator["generated"]().items():
        assert file.read_text(encoding="utf-8") == text, "run `python clients/jetbrains/settings.py`"
