"""The folders that belong to this user, on every platform."""

from __future__ import annotations

from pathlib import Path

import platformdirs

NAME = "codegeex-lsp"


def data_folder() -> Path:
    """Return the folder for what the user wants to keep, such as models; it need not exist."""
    return Path(platformdirs.user_data_dir(NAME, appauthor=False))


def cache_folder() -> Path:
    """Return the folder for what can be made again, such as indexes; it need not exist."""
    return Path(platformdirs.user_cache_dir(NAME, appauthor=False))
