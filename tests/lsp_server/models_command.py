"""`codegeex-lsp models` in the test's own process, with folders of its own for models and downloads."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from lsp_server.cli import models


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


class ModelsCommand:
    """Call it with a command's words. `folder` is where models are installed, `cache` where downloads go."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: str(tmp_path))
        monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
        self.folder, self.cache = tmp_path / "models", tmp_path / "cache"
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: str, answer: str | None = None) -> Said:
        """`answer` is what the user types when asked; None: there is no terminal."""

        def typed() -> str:
            if answer is None:
                raise EOFError
            return answer

        self._monkeypatch.setattr("builtins.input", typed)
        parser = argparse.ArgumentParser()
        models.add_arguments(parser)
        code = models.run(parser.parse_args(words))
        out, err = self._capsys.readouterr()
        return Said(code, re.sub(r"[ \n]+", " ", out), re.sub(r"[ \n]+", " ", err))
