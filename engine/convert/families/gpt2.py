"""GPT-2 and CodeParrot: learned positions, `Conv1D` weights; CodeParrot divides scores by the layer's number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.families.gpt_like import GptDecoder, Layout, positions
from engine.convert.family import Family
from engine.convert.reference.gpt2 import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

LAYOUT = Layout(
    embeddings="transformer.wte",
    positions="transformer.wpe",
    norm="transformer.ln_f",
    head="lm_head",
    tied=True,
    layer="transformer.h.{}.",
    norm_1="ln_1",
    norm_2="ln_2",
    qkv=("attn.c_attn",),
    out="attn.c_proj",
    up="mlp.c_fc",
    down="mlp.c_proj",
    activation=("activation_function", "gelu_new"),
    epsilon="layer_norm_epsilon",
    inputs_first=True,
)
# OpenAI's own checkpoints hold only the decoder.
DECODER_ALONE = replace(LAYOUT, embeddings="wte", positions="wpe", norm="ln_f", layer="h.{}.")


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    import numpy as np

    # SantaCoder was first published as GPT-2, with its own code.
    if config.table.get("attention_head_type") == "multiquery":
        raise config.fault("attention_head_type", "is 'multiquery'; take the same model as published for gpt_bigcode")
    decoder = GptDecoder(DECODER_ALONE if "wte.weight" in weights else LAYOUT, config, weights)
    spec = decoder.spec()
    scale = decoder.sizes.head**-0.5 if config.flag("scale_attn_weights", default=True) else 1.0
    by_layer = config.flag("scale_attn_by_inverse_layer_idx", default=False)
    for index, layer in enumerate(spec.decoder.layer):
        layer.self_attention.queries_scale = np.float32(scale / (index + 1) if by_layer else scale)
        decoder.set_layer(layer, index)
    return spec


FAMILY = Family("gpt2", ("gpt2",), build, reference, positions)
