# ruff: noqa: INP001
"""Write the settings of VS Code's extension from the daemon's own definition: `python clients/vscode/settings.py`.

package.json gets the types, bounds and defaults, the nls files the descriptions. The rest of those files is kept.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lsp_server.settings import SECTION, SETTINGS, json_schema

HERE = Path(__file__).parent
TITLE = "CodeGeeX"
# The client turns receipts on itself, so that "Why This Suggestion?" can explain what is already on the screen.
DECIDED_BY_THE_CLIENT = {"context.receipts"}
MACHINE = {"device", "threads"}  # settings that differ between machines are not synchronised
# Where code is sent is the user's decision: a workspace's settings, even trusted, cannot make it.
PRIVATE = {setting.name for setting in SETTINGS if setting.is_private}
SERVER_PATH = {
    "type": "string",
    "default": "",
    "scope": "machine-overridable",
    "markdownDescription": f"%setting.{SECTION}.server.path%",
}
SERVER_PATH_WORDS = {
    "package.nls.json": "The command that starts the CodeGeeX server. If empty, `codegeex-lsp` on `PATH`, in the "
    "workspace's virtual environment, or as installed by this extension. A virtual environment and a relative path of "
    "the workspace count in trusted workspaces only.",
    "package.nls.zh-cn.json": "启动 CodeGeeX 语言服务器的命令。留空时依次使用：`PATH` 中的 `codegeex-lsp`、"
    "工作区虚拟环境中的、本扩展安装的。工作区的虚拟环境和相对路径仅在受信任的工作区中有效。",
}


def configuration() -> dict[str, Any]:
    """Return `contributes.configuration`."""
    properties: dict[str, Any] = {}
    for name, entry in json_schema()["properties"].items():
        short = name.removeprefix(f"{SECTION}.")
        if short in DECIDED_BY_THE_CLIENT:
            continue
        scope = "machine" if short in PRIVATE else "machine-overridable" if short in MACHINE else "window"
        described = {key: value for key, value in entry.items() if key != "description"}
        properties[name] = described | {"scope": scope, "markdownDescription": f"%setting.{name}%"}
    properties[f"{SECTION}.server.path"] = SERVER_PATH
    return {"title": TITLE, "properties": properties}


def words(file: str) -> dict[str, str]:
    """Return the settings' descriptions in the language of an nls file."""
    chinese = "zh" in file
    described = {
        f"setting.{SECTION}.{setting.name}": setting.description_zh if chinese else setting.description
        for setting in SETTINGS
        if setting.name not in DECIDED_BY_THE_CLIENT
    }
    return described | {f"setting.{SECTION}.server.path": SERVER_PATH_WORDS[file]}


def generated() -> dict[Path, str]:
    """Return the content that each file should have."""
    package = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
    package["contributes"]["configuration"] = configuration()
    files = {HERE / "package.json": package}
    for name in SERVER_PATH_WORDS:
        known = json.loads((HERE / name).read_text(encoding="utf-8"))
        kept = {key: value for key, value in known.items() if not key.startswith("setting.")}
        files[HERE / name] = kept | words(name)
    return {file: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for file, content in files.items()}


if __name__ == "__main__":
    for file, text in generated().items():
        file.write_text(text, encoding="utf-8")
