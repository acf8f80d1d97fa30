"""Phi-1, 1.5 and 2 in transformers' layout, which is what their authors publish today.

Attention and MLP are parallel after one LayerNorm, biases everywhere, rotary positions on a share of each head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config, read_rope
from engine.convert.families.gpt_like import GptDecoder, Layout, positions
from engine.convert.family import Family
from engine.convert.reference.phi import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

REQUIRED = {"qk_layernorm": False}
# "dynamic" changes nothing up to max_position_embeddings, which is the context length.
ROPE_SCALINGS = ("default", "dynamic")
ROTARY_SHARE = 0.5


LAYOUT = Layout(
    embeddings="model.embed_tokens",
    norm="model.final_layernorm",
    head="lm_head",
    head_bias=True,
    tied=False,
    layer="model.layers.{}.",
    norm_1="input_layernorm",
    norm_2="",
    qkv=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    out="self_attn.dense",
    up="mlp.fc1",
    down="mlp.fc2",
    activation=("hidden_act", "gelu_new"),
    epsilon="layer_norm_eps",
)


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    for key, accepted in REQUIRED.items():
        config.require(key, accepted)
    decoder, rope = GptDecoder(LAYOUT, config, weights), read_rope(config, ROPE_SCALINGS, ROTARY_SHARE)
    groups = config.integer("num_key_value_heads", default=decoder.sizes.heads)
    spec = decoder.spec(
        parallel_residual=True,
        shared_layer_norm=True,
        rotary_dim=int(decoder.sizes.head * rope.share),
        rotary_interleave=False,
        rotary_base=rope.base,
        num_heads_kv=groups,
    )
    for index, layer in enumerate(spec.decoder.layer):
        decoder.set_layer(layer, index, decoder.qkv(index, groups))
    return spec


FAMILY = Family("phi", ("phi",), build, reference, positions)
