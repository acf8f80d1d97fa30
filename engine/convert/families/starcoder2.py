"""StarCoder2: grouped KV heads, rotary positions on the halves of each head, LayerNorm and a plain MLP with biases.

Every layer looks back over `sliding_window` tokens. CTranslate2's window of the same name is exact only token by token:
a longer prompt goes through it in pieces of one window, whose tokens see all of the piece before. Within one window it
changes nothing, and that is the context length here.
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
    joined,
    positions,
    read_sizes,
    set_layer,
)
from engine.convert.family import Family, one_window
from engine.convert.reference.starcoder2 import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    config.require("norm_type", "layer_norm")
    config.require("mlp_type", "default")
    sizes, rope = read_sizes(config), read_rope(config)
    groups = config.integer("num_key_value_heads", default=sizes.heads)
    biased = config.flag("use_bias", default=True)
    spec = gpt_decoder(
        config,
        weights,
        sizes,
        Ends("model.embed_tokens", "model.norm", "lm_head", tied=True),
        epsilon=config.number("norm_epsilon", default=EPSILON),
        activation=activation(config, "hidden_act", "gelu_pytorch_tanh"),
        rotary_dim=int(sizes.head * rope.share),
        rotary_interleave=False,
        rotary_base=rope.base,
        num_heads_kv=groups,
    )
    decoder, width, inner = spec.decoder, sizes.width, sizes.inner
    rows = {"q": width, "k": groups * sizes.head, "v": groups * sizes.head}
    for index, layer in enumerate(decoder.layer):
        at = f"model.layers.{index}."
        set_layer(
            layer,
            LayerWeights(
                norm_1=affine(weights, at + "input_layernorm", width),
                qkv=joined([affine(weights, f"{at}self_attn.{x}_proj", rows[x], width, biased=biased) for x in "qkv"]),
                out=affine(weights, at + "self_attn.o_proj", width, width, biased=biased),
                norm_2=affine(weights, at + "post_attention_layernorm", width),
                up=affine(weights, at + "mlp.c_fc", inner, width, biased=biased),
                down=affine(weights, at + "mlp.c_proj", width, inner, biased=biased),
            ),
        )
    return spec


def _context_length(config: Config) -> int:
    return one_window(config, positions(config))


FAMILY = Family("starcoder2", ("starcoder2",), build, reference, _context_length)
