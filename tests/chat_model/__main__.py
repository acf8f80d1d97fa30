"""The fixture model, converted for tests that are not pytest's: `python -m tests.chat_model MODELS` says its folder."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.convert.convert import Conversion, convert
from tests.chat_model.conftest import CHECKPOINT
from tests.engine.convert.conversion import Silent

if __name__ == "__main__":
    sys.stdout.write(str(convert(Conversion(CHECKPOINT, Path(sys.argv[1]), "codegeex4-fixture", "float32"), Silent())))
