"""XGLM, which InCoder is published as: sinusoidal positions that no checkpoint holds, scaled embeddings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.convert.config import Config
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
from engine.convert.family import Family
from engine.convert.reference.xglm import reference
from engine.convert.tensors import Rows, Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec
    from torch import Tensor

# The first token stands here: fairseq counts from the padding token's id on.
FIRST_POSITION = 2
LONGEST_WAVE = 10_000.0


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    import numpy as np

    sizes = read_sizes(config)
    spec = gpt_decoder(
        config,
        weights,
        sizes,
        Ends("model.embed_tokens", "model.layer_norm", "lm_head", tied=True),
        epsilon=EPSILON,
        activation=activation(config, "activation_function", "gelu"),
    )
    decoder, width, inner = spec.decoder, sizes.width, sizes.inner
    if config.flag("scale_embedding", default=True):
        decoder.scale_embeddings = np.float32(width**0.5)
    decoder.position_encodings.encodings = _sinusoids(positions(config), width)
    for index, layer in enumerate(decoder.layer):
        at = f"model.layers.{index}."
        set_layer(
            layer,
            LayerWeights(
                norm_1=affine(weights, at + "self_attn_layer_norm", width),
                qkv=joined([affine(weights, f"{at}self_attn.{x}_proj", width, width) for x in "qkv"]),
                out=affine(weights, at + "self_attn.out_proj", width, width),
                norm_2=affine(weights, at + "final_layer_norm", width),
                up=affine(weights, at + "fc1", inner, width),
                down=affine(weights, at + "fc2", width, inner),
            ),
        )
    return spec


def _sinusoids(count: int, width: int) -> Rows:
    """[sines | cosines] of wavelengths from 2π to 10000·2π; in float32 and torch, as in the published code."""
    import torch

    half = width // 2
    radians = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(LONGEST_WAVE) / (half - 1)))

    def read(first: int, last: int) -> Tensor:
        places = torch.arange(FIRST_POSITION + first, FIRST_POSITION + last, dtype=torch.float32)
        angles = places[:, None] * radians
        return torch.cat([angles.sin(), angles.cos()], 1)

    return Rows((count, width), "float32", read)


FAMILY = Family("xglm", ("xglm",), build, reference, positions)
