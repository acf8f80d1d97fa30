"""The user's folders, by the rules of each platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import platformdirs
import pytest
from platformdirs import macos, unix, windows

from engine import user_folders

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif("os.name != 'posix'")
@pytest.mark.parametrize("platform", [unix.Unix, macos.MacOS, windows.Windows])
def test_the_readme_names_the_folders(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(windows, "get_win_folder", lambda _: "%LOCALAPPDATA%")
    for kind in ("user_data_dir", "user_cache_dir"):
        monkeypatch.setattr(platformdirs, kind, lambda *name, k=kind, **more: getattr(platform(*name, **more), k))
    for folder in (user_folders.data_folder(), user_folders.cache_folder()):
        written = str(folder).replace(str(Path.home()), "~")
        if platform is windows.Windows:
            written = written.replace("/", "\\")
        assert f"`{written}`" in README
