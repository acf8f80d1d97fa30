"""Where the recipe reads and writes."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE / "build"  # what the steps leave for one another; not committed
EMBEDDED = HERE.parent / "engine" / "model" / "embedded"  # the model folder that ships
