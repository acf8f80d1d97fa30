"""model.toml of a converted model; `engine.model.folder` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model.folder import FORMAT
from engine.prompt.families import PromptFacts

# The model's own probability that what is shown is right to its end; nothing has been measured on this model.
UNCALIBRATED_TO_SHOW = 0.5


def model_toml(
    *,
    name: str,
    context_length: int,
    numeric_type: str,
    licence: str,
    prompts: PromptFacts,
    source: Mapping[str, Any],
    parity: Mapping[str, Any],
    files: Mapping[str, str],
) -> str:
    """The text of the file. `files` are SHA-256 sums by name."""
    import tomli_w

    table: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "family": prompts.family,
        "capabilities": sorted(prompts.capabilities),
        "context_length": context_length,
        "numeric_type": numeric_type,
        "licence": licence or prompts.licence,
        "notice": prompts.notice,
        "prompt": prompts.table(),
        "confidence": {"show": UNCALIBRATED_TO_SHOW},
        "source": dict(source),
        "parity": dict(parity),
        "files": dict(files),
    }
    return tomli_w.dumps({key: value for key, value in table.items() if value != ""})
