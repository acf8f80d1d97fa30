"""The folders that the recipe reads and writes."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE / "build"  # the results of the steps; not committed
EMBEDDED = HERE.parent / "engine" / "model" / "embedded"  # the model folder that ships
