"""XGLM, InCoder's published form: sinusoidal positions that no checkpoint holds, scaled embeddings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.families.gpt_like import GptDecoder, Layout, positions
from engine.convert.family import Family
from engine.convert.reference.xglm import reference
from engine.convert.tensors import Rows, Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec
    from torch import Tensor

# The first token's position: fairseq counts from the padding token's id on.
FIRST_POSITION = 2
LONGEST_WAVE = 10_000.0


LAYOUT = Layout(
    embeddings="model.embed_tokens",
    norm="model.layer_norm",
    head="lm_head",
    tied=True,
    layer="model.layers.{}.",
    norm_1="self_attn_layer_norm",
    norm_2="final_layer_norm",
    qkv=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    out="self_attn.out_proj",
    up="fc1",
    down="fc2",
    activation=("activation_function", "gelu"),
    epsilon="",
)


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    import numpy as np

    decoder = GptDecoder(LAYOUT, config, weights)
    spec, width = decoder.spec(), decoder.sizes.width
    if config.flag("scale_embedding", default=True):
        spec.decoder.scale_embeddings = np.float32(width**0.5)
    spec.decoder.position_encodings.encodings = _sinusoids(positions(config), width)
    for index, layer in enumerate(spec.decoder.layer):
        decoder.set_layer(layer, index)
    return spec


def _sinusoids(count: int, width: int) -> Rows:
    """Return [sines | cosines] of wavelengths from 2π to 10000·2π; in float32 and torch, as in the published code."""
    import torch

    half = width // 2
    radians = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(LONGEST_WAVE) / (half - 1)))

    def read(first: int, last: int) -> Tensor:
        places = torch.arange(FIRST_POSITION + first, FIRST_POSITION + last, dtype=torch.float32)
        angles = places[:, None] * radians
        return torch.cat([angles.sin(), angles.cos()], 1)

    return Rows((count, width), "float32", read)


FAMILY = Family("xglm", ("xglm",), build, reference, positions)
