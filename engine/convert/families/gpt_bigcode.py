"""StarCoder and SantaCoder: GPT-2 with one KV head for all (Shazeer 2019), or with as many as there are for Q."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.families import gpt2
from engine.convert.families.gpt_like import GptDecoder, positions, ungroup_heads
from engine.convert.family import Family
from engine.convert.reference.gpt_bigcode import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

LAYOUT = replace(gpt2.LAYOUT, activation=("activation_function", "gelu_pytorch_tanh"), inputs_first=False)


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    import numpy as np

    decoder = GptDecoder(LAYOUT, config, weights)
    multi_query = config.flag("multi_query", default=True)
    groups = 1 if multi_query else decoder.sizes.heads
    spec = decoder.spec(num_heads_kv=groups, multi_query=multi_query)
    scale = decoder.sizes.head**-0.5 if config.flag("scale_attn_weights", default=True) else 1.0
    for index, layer in enumerate(spec.decoder.layer):
        layer.self_attention.queries_scale = np.float32(scale)
        qkv = decoder.qkv(index, groups)
        decoder.set_layer(layer, index, qkv if multi_query else ungroup_heads(qkv, decoder.sizes.heads))
    return spec


FAMILY = Family("gpt_bigcode", ("gpt_bigcode",), build, reference, positions)
