"""Writes the model.toml of a converted model, which `engine.model.folder` reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.model.folder import FORMAT
from engine.prompt.families import PromptFacts

# The model's own probability that a suggestion is right to its end. Nothing has been measured on this model.
UNCALIBRATED_TO_SHOW = 0.5


@dataclass(frozen=True)
class ConvertedModel:
    """The content of model.toml. `files` are SHA-256 sums by name; `licence` "" takes that of `prompts`."""

    name: str
    context_length: int
    numeric_type: str
    licence: str
    prompts: PromptFacts
    source: Mapping[str, Any]
    parity: Mapping[str, Any]
    files: Mapping[str, str]


def model_toml(model: ConvertedModel) -> str:
    """Return the text of the file."""
    import tomli_w

    prompts = model.prompts
    table: dict[str, Any] = {
        "format": FORMAT,
        "name": model.name,
        "family": prompts.family,
        "capabilities": sorted(prompts.capabilities),
        "context_length": model.context_length,
        "numeric_type": model.numeric_type,
        "licence": model.licence or prompts.licence,
        "notice": prompts.notice,
        "prompt": prompts.table(),
        "confidence": {"show": UNCALIBRATED_TO_SHOW},
        "source": dict(model.source),
        "parity": dict(model.parity),
        "files": dict(model.files),
    }
    return tomli_w.dumps({key: value for key, value in table.items() if value != ""})
