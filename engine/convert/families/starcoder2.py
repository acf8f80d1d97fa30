"""StarCoder2: grouped KV heads, rotary positions on the halves of each head, LayerNorm and a plain MLP with biases.

Every layer attends within `sliding_window` tokens. CTranslate2's window of the same name is exact only token by token:
a longer prompt is processed in pieces of one window, whose tokens see all of the previous piece. Within one window it
changes nothing, and that is the context length here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config, read_rope
from engine.convert.families.gpt_like import GptDecoder, Layout, positions
from engine.convert.family import Family, one_window
from engine.convert.reference.starcoder2 import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec


LAYOUT = Layout(
    embeddings="model.embed_tokens",
    norm="model.norm",
    head="lm_head",
    tied=True,
    layer="model.layers.{}.",
    norm_1="input_layernorm",
    norm_2="post_attention_layernorm",
    qkv=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    qkv_bias="use_bias",
    out="self_attn.o_proj",
    out_bias="use_bias",
    up="mlp.c_fc",
    down="mlp.c_proj",
    mlp_bias="use_bias",
    activation=("hidden_act", "gelu_pytorch_tanh"),
    epsilon="norm_epsilon",
)


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    config.require("norm_type", "layer_norm")
    config.require("mlp_type", "default")
    decoder, rope = GptDecoder(LAYOUT, config, weights), read_rope(config)
    groups = config.integer("num_key_value_heads", default=decoder.sizes.heads)
    spec = decoder.spec(
        rotary_dim=int(decoder.sizes.head * rope.share),
        rotary_interleave=False,
        rotary_base=rope.base,
        num_heads_kv=groups,
    )
    for index, layer in enumerate(spec.decoder.layer):
        decoder.set_layer(layer, index, decoder.qkv(index, groups))
    return spec


def _context_length(config: Config) -> int:
    return one_window(config, positions(config))


FAMILY = Family("starcoder2", ("starcoder2",), build, reference, _context_length)
