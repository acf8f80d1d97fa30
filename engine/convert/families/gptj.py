"""GPT-J: attention and MLP are parallel after one norm, rotary positions on neighbouring pairs, a head with a bias.

CodeGen differs only in the order in which it stores Q, K and V.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.families.gpt_like import Affine, GptDecoder, Layout, positions
from engine.convert.family import Family
from engine.convert.reference.gptj import gptj_reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

LAYOUT = Layout(
    embeddings="transformer.wte",
    norm="transformer.ln_f",
    head="lm_head",
    head_bias=True,
    tied=False,
    layer="transformer.h.{}.",
    norm_1="ln_1",
    norm_2="",
    qkv=("attn.q_proj", "attn.k_proj", "attn.v_proj"),
    qkv_bias=False,
    out="attn.out_proj",
    out_bias=False,
    up="mlp.fc_in",
    down="mlp.fc_out",
    activation=("activation_function", "gelu_new"),
    epsilon="layer_norm_epsilon",
)
# (decoder, index of a layer) -> [Q | K | V].
Attention = Callable[[GptDecoder, int], Affine]


def build(qkv: Attention, config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    decoder = GptDecoder(LAYOUT, config, weights)
    spec = decoder.spec(
        rotary_dim=config.integer("rotary_dim"), rotary_interleave=True, parallel_residual=True, shared_layer_norm=True
    )
    for index, layer in enumerate(spec.decoder.layer):
        decoder.set_layer(layer, index, qkv(decoder, index))
    return spec


FAMILY = Family("gptj", ("gptj",), partial(build, GptDecoder.qkv), gptj_reference, positions)
