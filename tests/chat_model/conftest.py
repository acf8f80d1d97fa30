"""The fixture model, converted once for all tests that ask it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.convert.convert import Conversion, convert
from tests.engine.convert.conversion import Silent

CHECKPOINT = Path(__file__).with_name("checkpoint")


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder, made from the published layout as a user's would be."""
    models = tmp_path_factory.mktemp("models")
    return convert(Conversion(CHECKPOINT, models, "codegeex4-fixture", "float32"), Silent())
