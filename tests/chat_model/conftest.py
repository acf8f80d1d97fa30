"""The fixture model, converted once for all tests that ask it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chat_model import converted_fixture


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return converted_fixture(tmp_path_factory.mktemp("models"))
