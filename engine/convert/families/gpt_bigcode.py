"""StarCoder and SantaCoder: GPT-2 with one KV head for all (Shazeer 2019), or with as many as there are for Q."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.families.gpt_like import (
    EPSILON,
    Ends,
    LayerWeights,
    activation,
    affine,
    gpt_decoder,
    positions,
    read_sizes,
    set_layer,
    ungrouped,
)
from engine.convert.family import Family
from engine.convert.reference.gpt_bigcode import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    import numpy as np

    sizes = read_sizes(config)
    multi_query = config.flag("multi_query", default=True)
    groups = 1 if multi_query else sizes.heads
    spec = gpt_decoder(
        config,
        weights,
        sizes,
        Ends("transformer.wte", "transformer.ln_f", "lm_head", tied=True, positions="transformer.wpe"),
        epsilon=config.number("layer_norm_epsilon", default=EPSILON),
        activation=activation(config, "activation_function", "gelu_pytorch_tanh"),
        num_heads_kv=groups,
        multi_query=multi_query,
    )
    decoder, width, inner = spec.decoder, sizes.width, sizes.inner
    scale = sizes.head**-0.5 if config.flag("scale_attn_weights", default=True) else 1.0
    for index, layer in enumerate(decoder.layer):
        at = f"transformer.h.{index}."
        layer.self_attention.queries_scale = np.float32(scale)
        qkv = affine(weights, at + "attn.c_attn", width + 2 * groups * sizes.head, width)
        set_layer(
            layer,
            LayerWeights(
                norm_1=affine(weights, at + "ln_1", width),
                qkv=qkv if multi_query else ungrouped(qkv, sizes.heads),
                out=affine(weights, at + "attn.c_proj", width, width),
                norm_2=affine(weights, at + "ln_2", width),
                up=affine(weights, at + "mlp.c_fc", inner, width),
                down=affine(weights, at + "mlp.c_proj", width, inner),
            ),
        )
    return spec


FAMILY = Family("gpt_bigcode", ("gpt_bigcode",), build, reference, positions)
