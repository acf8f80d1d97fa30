"""GPT-NeoX, PolyCoder, CodeFuse-13B: rotary positions on a share of each head, Q, K and V kept head by head.

Attention and MLP stand side by side, each behind a norm of its own, or in a row (PolyCoder).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config, read_rope
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
from engine.convert.reference.gpt_neox import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

ROTARY_SHARE = 0.25


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    sizes, rope = read_sizes(config), read_rope(config, share=ROTARY_SHARE)
    biased = config.flag("attention_bias", default=True)
    spec = gpt_decoder(
        config,
        weights,
        sizes,
        Ends("gpt_neox.embed_in", "gpt_neox.final_layer_norm", "embed_out", tied=False),
        epsilon=config.number("layer_norm_eps", default=EPSILON),
        activation=activation(config, "hidden_act", "gelu"),
        rotary_dim=int(sizes.head * rope.share),
        rotary_interleave=False,
        rotary_base=rope.base,
        parallel_residual=config.flag("use_parallel_residual", default=True),
    )
    decoder, width, inner = spec.decoder, sizes.width, sizes.inner
    for index, layer in enumerate(decoder.layer):
        at = f"gpt_neox.layers.{index}."
        qkv = affine(weights, at + "attention.query_key_value", 3 * width, width, biased=biased)
        set_layer(
            layer,
            LayerWeights(
                norm_1=affine(weights, at + "input_layernorm", width),
                qkv=ungrouped(qkv, sizes.heads),
                out=affine(weights, at + "attention.dense", width, width, biased=biased),
                norm_2=affine(weights, at + "post_attention_layernorm", width),
                up=affine(weights, at + "mlp.dense_h_to_4h", inner, width),
                down=affine(weights, at + "mlp.dense_4h_to_h", width, inner),
            ),
        )
    return spec


FAMILY = Family("gpt_neox", ("gpt_neox",), build, reference, positions)
