"""The fixture model, converted for tests that are not pytest's: `python -m tests.chat_model MODELS` says its folder."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.chat_model import converted_fixture

if __name__ == "__main__":
    sys.stdout.write(str(converted_fixture(Path(sys.argv[1]))))
