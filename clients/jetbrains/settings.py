"""Write the plugin's settings from the server's own definition: `python clients/jetbrains/settings.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lsp_server.settings import SETTINGS

FILE = Path(__file__).parent / "resources/settings.json"
# The client asks for receipts itself, so that "why this suggestion" can speak of the one on the screen.
DECIDED_BY_THE_CLIENT = {"context.receipts"}
KINDS = {bool: "BOOLEAN", int: "INTEGER", float: "NUMBER", str: "STRING", list: "LIST"}


def generated() -> str:
    """Return the file as it should be."""
    settings: list[dict[str, Any]] = [
        {
            "name": setting.name,
            "kind": KINDS[setting.kind],
            "default": setting.default,
            "low": setting.low,
            "high": setting.high,
            "choices": list(setting.choices),
            "private": setting.is_private,
            "description": {"en": setting.description, "zh": setting.description_zh},
        }
        for setting in SETTINGS
        if setting.name not in DECIDED_BY_THE_CLIENT
    ]
    return json.dumps(settings, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(generated(), encoding="utf-8")
