"""One small loader for each family; `recognise` chooses one by config.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.convert.families import (
    chatglm,
    codegeex13b,
    codegen,
    glm,
    gpt2,
    gpt_bigcode,
    gpt_neo,
    gpt_neox,
    gptj,
    llama,
    phi,
    starcoder2,
    xglm,
)
from engine.convert.family import Family
from engine.types import ModelError

FAMILIES: tuple[Family, ...] = (
    codegeex13b.FAMILY,
    chatglm.FAMILY,
    glm.FAMILY,
    *llama.FAMILIES,
    phi.FAMILY,
    gpt2.FAMILY,
    gpt_bigcode.FAMILY,
    starcoder2.FAMILY,
    gptj.FAMILY,
    codegen.FAMILY,
    gpt_neo.FAMILY,
    gpt_neox.FAMILY,
    xglm.FAMILY,
)

# Known models that CTranslate2 cannot express, with the reason.
REFUSED = {
    "gemma2": "it caps attention scores, which CTranslate2 cannot do",
    **dict.fromkeys(
        (
            *("deepseek", "glm4_moe", "gpt_oss", "granitemoe", "llama4", "mixtral"),
            *("olmoe", "phimoe", "qwen2_moe", "qwen3_moe", "qwen3_next"),
        ),
        "CTranslate2 has no mixture of experts",
    ),
    **dict.fromkeys(
        ("mixformer-sequential", "phi-msft"),
        "this is Phi's first layout; its authors have since published it as type 'phi', download it again",
    ),
    "deepseek_v2": "CTranslate2 has neither latent attention nor a mixture of experts",
    "deepseek_v3": "CTranslate2 has neither latent attention nor a mixture of experts",
}


def recognise(config: Mapping[str, Any]) -> Family:
    """Return the family of a published config.json. Raises `ModelError` with the reason if there is none."""
    if quantised := config.get("quantization_config"):
        method = quantised.get("quant_method", "unknown") if isinstance(quantised, Mapping) else quantised
        raise ModelError(
            f"config.json: quantization_config says that the weights are already quantised ({method}); convert the"
            " original checkpoint, the conversion quantises it"
        )
    model_type = str(config.get("model_type", ""))
    for family in FAMILIES:
        if model_type in family.model_types:
            return family
    if model_type in REFUSED:
        raise ModelError(f"models of type {model_type!r} cannot be converted: {REFUSED[model_type]}")
    known = sorted(each for family in FAMILIES for each in family.model_types)
    raise ModelError(f"config.json: model_type is {model_type!r}; these can be converted: {', '.join(known)}")
