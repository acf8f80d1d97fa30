"""GPT-NeoX, PolyCoder, CodeFuse-13B: rotary positions on a share of each head; Q, K and V are stored head by head.

Attention and MLP are parallel, each after a norm of its own, or in sequence (PolyCoder).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config, read_rope
from engine.convert.families.gpt_like import GptDecoder, Layout, positions, ungroup_heads
from engine.convert.family import Family
from engine.convert.reference.gpt_neox import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

ROTARY_SHARE = 0.25
LAYOUT = Layout(
    embeddings="gpt_neox.embed_in",
    norm="gpt_neox.final_layer_norm",
    head="embed_out",
    tied=False,
    layer="gpt_neox.layers.{}.",
    norm_1="input_layernorm",
    norm_2="post_attention_layernorm",
    qkv=("attention.query_key_value",),
    qkv_bias="attention_bias",
    out="attention.dense",
    out_bias="attention_bias",
    up="mlp.dense_h_to_4h",
    down="mlp.dense_4h_to_h",
    activation=("hidden_act", "gelu"),
    epsilon="layer_norm_eps",
)


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    decoder, rope = GptDecoder(LAYOUT, config, weights), read_rope(config, share=ROTARY_SHARE)
    spec = decoder.spec(
        rotary_dim=int(decoder.sizes.head * rope.share),
        rotary_interleave=False,
        rotary_base=rope.base,
        parallel_residual=config.flag("use_parallel_residual", default=True),
    )
    for index, layer in enumerate(spec.decoder.layer):
        decoder.set_layer(layer, index, ungroup_heads(decoder.qkv(index), decoder.sizes.heads))
    return spec


FAMILY = Family("gpt_neox", ("gpt_neox",), build, reference, positions)
