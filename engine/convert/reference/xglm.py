"""XGLM (Lin et al. 2021), which InCoder (Fried et al. 2022) is published as; positions as in fairseq."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.reference.blocks import Layer, Reference, read_rows
from engine.convert.reference.gpt_like import Ends, Names, Shape, activation, gpt_layer, separate_projections

if TYPE_CHECKING:
    from torch import Tensor

NAMES = Names("self_attn_layer_norm", "self_attn.out_proj", "fc1", "fc2", norm_2="final_layer_norm")
ENDS = Ends("model.embed_tokens", "model.layer_norm", "lm_head", tied=True)
EPSILON = 1e-5


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    import torch

    heads, width = config.integer("attention_heads"), config.integer("d_model")
    shape = Shape(activation(config.text("activation_function", default="gelu")), EPSILON, (width // heads) ** -0.5)
    scale = math.sqrt(width) if config.flag("scale_embedding", default=True) else 1.0

    def embed(ids: Tensor) -> Tensor:
        """Add sines in the first half, cosines in the second; the first token has position 2."""
        radians = torch.exp(torch.arange(width // 2) * (-math.log(10_000) / (width // 2 - 1)))
        angles = (2 + torch.arange(len(ids)).float())[:, None] * radians
        return scale * read_rows(checkpoint, "model.embed_tokens.weight", ids) + torch.cat(
            [angles.sin(), angles.cos()], -1
        )

    def layer(index: int) -> Layer:
        at = f"model.layers.{index}."
        return gpt_layer(checkpoint, at, NAMES, shape, separate_projections(checkpoint, at + "self_attn.", heads))

    return Reference(config.integer("num_layers"), embed, layer, ENDS.logits(config, checkpoint, EPSILON))
