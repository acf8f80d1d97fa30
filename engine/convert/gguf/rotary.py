"""How a GGUF file says that a model's positions are scaled."""

from __future__ import annotations

import math
from typing import Any

from engine.convert.gguf.files import GgufModel, GgufTensors, Renamed
from engine.types import ModelError

ROPE_FACTORS = "rope_freqs.weight"
# Llama 3.1 and 3.2: the positions of slow dimensions are divided by a factor. GGUF files hold the result only.
LLAMA_3_FACTORS = (8.0, 32.0)
LLAMA_3_LOW, LLAMA_3_HIGH, LLAMA_3_LENGTH = 1.0, 4.0, 8192


def rope_scaling(model: GgufModel) -> dict[str, Any] | None:
    """Return `rope_scaling` of config.json; None if positions are not scaled. Raises `ModelError`."""
    kind, factor = model.get("rope.scaling.type"), model.get("rope.scaling.factor", model.get("rope.scale_linear"))
    if ROPE_FACTORS in model.tensors:
        return _llama3_scaling(model)
    if kind in (None, "none", "linear") and factor in (None, 0, 1):
        return None
    return {"rope_type": "linear" if kind in (None, "linear") else kind, "factor": factor}


def _llama3_scaling(model: GgufModel) -> dict[str, Any]:
    """Return the scaling whose factors a file holds. Raises `ModelError` if it is none of Llama's."""
    import numpy as np

    stored = model.tensors[ROPE_FACTORS]
    found = GgufTensors({ROPE_FACTORS: Renamed(stored)}).read(ROPE_FACTORS, 0, stored.shape[0]).numpy()
    base = model.get("rope.freq_base", 10_000.0)
    waves = 2 * math.pi * np.float64(base) ** (np.arange(len(found)) / len(found))
    for factor in LLAMA_3_FACTORS:
        smooth = (LLAMA_3_LENGTH / waves - LLAMA_3_LOW) / (LLAMA_3_HIGH - LLAMA_3_LOW)
        blended = 1 / ((1 - smooth) / factor + smooth)
        expected = np.where(smooth >= 1, 1.0, np.where(smooth <= 0, factor, blended))
        if np.allclose(found, expected, rtol=1e-4):
            return {
                "rope_type": "llama3",
                "factor": factor,
                "low_freq_factor": LLAMA_3_LOW,
                "high_freq_factor": LLAMA_3_HIGH,
                "original_max_position_embeddings": LLAMA_3_LENGTH,
            }
    raise ModelError(
        f"{model.paths[0]}: its positions are scaled in a way that is not Llama 3's; it cannot be converted"
    )
