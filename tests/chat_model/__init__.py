"""A chat model for tests: a CodeGeeX4 of under a million weights that has learnt the lessons beside it by heart."""

from __future__ import annotations

from pathlib import Path

CHECKPOINT = Path(__file__).with_name("checkpoint")


def converted_fixture(models: Path) -> Path:
    """The model's folder in `models`, made from the published layout as a user's would be."""
    from engine.convert.convert import Conversion, convert  # what Neovim's and the lessons' readers need not load
    from tests.engine.convert.conversion import Silent

    return convert(Conversion(CHECKPOINT, models, "codegeex4-fixture", "float32"), Silent())
