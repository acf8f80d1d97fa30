from __future__ import annotations

import runpy
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "clients" / "jetbrains"


def test_the_plugin_has_the_servers_settings() -> None:
    generator = runpy.run_path(str(CLIENT / "settings.py"))
    assert generator["FILE"].read_text(encoding="utf-8") == generator["generated"](), (
        "run `python clients/jetbrains/settings.py`"
    )
