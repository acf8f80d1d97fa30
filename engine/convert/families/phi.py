"""Phi-1, 1.5 and 2 in transformers' layout, which is what their authors publish today.

Attention and MLP side by side behind one LayerNorm, biases everywhere, rotary positions on a share of each head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config, read_rope
from engine.convert.families.gpt_like import (
    EPSILON,
    LayerWeights,
    activation,
    affine,
    joined,
    positions,
    read_sizes,
    set_layer,
)
from engine.convert.family import Family, decoder_spec, set_head, set_norm
from engine.convert.reference.phi import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

REQUIRED = {"qk_layernorm": False}
# "dynamic" changes nothing up to max_position_embeddings, which is the context length.
ROPE_SCALINGS = ("default", "dynamic")
ROTARY_SHARE = 0.5


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    for key, accepted in REQUIRED.items():
        config.require(key, accepted)
    sizes, rope = read_sizes(config), read_rope(config, ROPE_SCALINGS, ROTARY_SHARE)
    groups = config.integer("num_key_value_heads", default=sizes.heads)
    spec = decoder_spec(
        config,
        sizes.layers,
        sizes.heads,
        sizes.vocabulary,
        config.number("layer_norm_eps", default=EPSILON),
        activation=activation(config, "hidden_act", "gelu_new"),
        parallel_residual=True,
        shared_layer_norm=True,
        rotary_dim=int(sizes.head * rope.share),
        rotary_interleave=False,
        rotary_base=rope.base,
        num_heads_kv=groups,
    )
    decoder, width, inner = spec.decoder, sizes.width, sizes.inner
    decoder.embeddings.weight = weights.take("model.embed_tokens.weight", sizes.vocabulary, width)
    set_norm(decoder.layer_norm, *affine(weights, "model.final_layernorm", width))
    set_head(spec, config, weights, "lm_head.weight", sizes.vocabulary, width, tied=False)
    decoder.projection.bias = weights.take("lm_head.bias", sizes.vocabulary)
    rows = {"q": width, "k": groups * sizes.head, "v": groups * sizes.head}
    for index, layer in enumerate(decoder.layer):
        at = f"model.layers.{index}."
        set_layer(
            layer,
            LayerWeights(
                norm_1=affine(weights, at + "input_layernorm", width),
                qkv=joined([affine(weights, f"{at}self_attn.{x}_proj", rows[x], width) for x in "qkv"]),
                out=affine(weights, at + "self_attn.dense", width, width),
                up=affine(weights, at + "mlp.fc1", inner, width),
                down=affine(weights, at + "mlp.fc2", width, inner),
            ),
        )
    return spec


FAMILY = Family("phi", ("phi",), build, reference, positions)
