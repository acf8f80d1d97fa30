"""GPT-J: attention and MLP side by side behind one norm, rotary positions on neighbouring pairs, a head with a bias.

CodeGen is the same but for the order in which it keeps Q, K and V.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.families.gpt_like import (
    EPSILON,
    Affine,
    Ends,
    LayerWeights,
    Sizes,
    activation,
    affine,
    gpt_decoder,
    joined,
    positions,
    read_sizes,
    set_layer,
)
from engine.convert.family import Family
from engine.convert.reference.gptj import gptj_reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

# (config.json, tensors, sizes, where the attention of a layer is) -> [Q | K | V].
Attention = Callable[[Config, Weights, Sizes, str], Affine]


def build(qkv: Attention, config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    sizes = read_sizes(config)
    spec = gpt_decoder(
        config,
        weights,
        sizes,
        Ends("transformer.wte", "transformer.ln_f", "lm_head", tied=False),
        epsilon=config.number("layer_norm_epsilon", default=EPSILON),
        activation=activation(config, "activation_function", "gelu_new"),
        rotary_dim=config.integer("rotary_dim"),
        rotary_interleave=True,
        parallel_residual=True,
        shared_layer_norm=True,
    )
    decoder, width, inner = spec.decoder, sizes.width, sizes.inner
    decoder.projection.bias = weights.take("lm_head.bias", sizes.vocabulary)
    for index, layer in enumerate(decoder.layer):
        at = f"transformer.h.{index}."
        set_layer(
            layer,
            LayerWeights(
                norm_1=affine(weights, at + "ln_1", width),
                qkv=qkv(config, weights, sizes, at + "attn."),
                out=affine(weights, at + "attn.out_proj", width, width, biased=False),
                up=affine(weights, at + "mlp.fc_in", inner, width),
                down=affine(weights, at + "mlp.fc_out", width, inner),
            ),
        )
    return spec


def _qkv(_config: Config, weights: Weights, sizes: Sizes, at: str) -> Affine:
    return joined([affine(weights, f"{at}{x}_proj", sizes.width, sizes.width, biased=False) for x in "qkv"])


FAMILY = Family("gptj", ("gptj",), partial(build, _qkv), gptj_reference, positions)
