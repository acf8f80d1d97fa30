"""Which models there are: the embedded one, and the folders a user has installed."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from engine.model.folder import ModelDescription, read_description
from engine.types import ModelError

EMBEDDED = "embedded"
EMBEDDED_FOLDER = Path(__file__).parent / "embedded"


def models_folder() -> Path:
    """Where a user's models live, one folder each; it need not exist."""
    return Path(platformdirs.user_data_dir("codegeex-lsp", appauthor=False)) / "models"


def find_model(name: str) -> ModelDescription:
    """The model a setting names: "" or "embedded", the name of an installed folder, or a path.

    Raises `ModelError` where it does not exist or is not whole.
    """
    if name in {"", EMBEDDED}:
        return read_description(EMBEDDED_FOLDER)
    installed = models_folder() / name
    try:
        if Path(name).name == name and installed.is_dir():
            return read_description(installed)
        path = Path(name).expanduser()
        if path.is_dir():
            return read_description(path)
    except (OSError, RuntimeError, ValueError) as fault:  # a name no file system takes, a user nobody knows
        raise ModelError(f"no model named {name[:80]!r}: {fault}") from fault
    known = ", ".join([EMBEDDED, *installed_names()])
    raise ModelError(
        f"no model named {name!r}: neither a folder nor installed under {models_folder()}; there are: {known}"
    )


def installed_names() -> list[str]:
    folder = models_folder()
    return sorted(p.name for p in folder.iterdir() if (p / "model.toml").is_file()) if folder.is_dir() else []
