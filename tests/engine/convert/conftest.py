from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.convert.conversion import publish_codegeex4


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return publish_codegeex4(tmp_path / "codegeex4-tiny")
