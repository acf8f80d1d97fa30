"""Write the plugin's settings from the server's own definition: `python clients/jetbrains/settings.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lsp_server.settings import SETTINGS, json_schema

HERE = Path(__file__).parent
PLUGIN_FILE = HERE / "resources/settings.json"
LSP4IJ_FILE = HERE / "lsp4ij/settings.schema.json"  # of the template for those who use LSP4IJ instead of the plugin
# The client asks for receipts itself, so that "why this suggestion" can speak of the one on the screen.
DECIDED_BY_THE_CLIENT = {"context.receipts"}
KINDS = {bool: "BOOLEAN", int: "INTEGER", float: "NUMBER", str: "STRING", list: "LIST"}


def generated() -> dict[Path, str]:
    """Return each file as it should be."""
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "CodeGeeX"} | json_schema()
    return {
        file: json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        for file, content in ((PLUGIN_FILE, plugin_settings()), (LSP4IJ_FILE, schema))
    }


def plugin_settings() -> list[dict[str, Any]]:
    """Return what the plugin's settings page shows."""
    return [
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


if __name__ == "__main__":
    for file, text in generated().items():
        file.write_text(text, encoding="utf-8")
