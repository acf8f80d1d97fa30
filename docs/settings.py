"""Write docs/settings.md from the daemon's own definition of its settings: `python docs/settings.py`."""

from __future__ import annotations

import json
from pathlib import Path

from lsp_server.settings import SECTION, SETTINGS, Setting, json_schema

_TYPE_WORDS = {"array": "list of strings"}
PAGE = Path(__file__).with_suffix(".md")
HEAD = f"""# Settings

Generated from `lsp_server/settings.py` by `python docs/settings.py`.

An editor sends them in `initializationOptions`, or under the section `{SECTION}` of its settings
(`workspace/didChangeConfiguration`, `workspace/configuration`); nested or dotted names both work. A wrong value is
reported in the editor's log, and its default is used. Changes take effect at once.

The settings marked *private* decide where text is sent. Set them for yourself, not in a workspace; VS Code accepts
them nowhere else.

| setting | type | default | |
|---|---|---|---|
"""
FOOT = f"""
One more belongs to VS Code's extension alone: `{SECTION}.server.path` is the command that starts the daemon.
"""


def settings_page() -> str:
    """Return the page: one row for each setting."""
    return HEAD + "".join(map(_row, SETTINGS)) + FOOT


def _row(setting: Setting) -> str:
    entry = json_schema()["properties"][f"{SECTION}.{setting.name}"]
    kinds = [entry["type"]] if isinstance(entry["type"], str) else entry["type"]
    kind = ", ".join(f"`{choice}`" for choice in setting.choices) or " or ".join(
        _TYPE_WORDS.get(kind, kind) for kind in kinds
    )
    if setting.low is not None:
        kind += f", {setting.low:g} to {setting.high:g}"
    private = " *Private.*" if setting.is_private else ""
    return (
        f"| `{SECTION}.{setting.name}` | {kind} | `{json.dumps(setting.default)}` | {setting.description}{private} |\n"
    )


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
