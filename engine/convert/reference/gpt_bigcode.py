"""SantaCoder (Ben Allal et al. 2023) and StarCoder (Li et al. 2023): GPT-2 with one KV head (Shazeer 2019) or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.reference.blocks import Layer, Reference, split_heads
from engine.convert.reference.gpt_like import Ends, Names, Shape, activation, gpt_layer, projection, split_by_head

if TYPE_CHECKING:
    from torch import Tensor

NAMES = Names("ln_1", "attn.c_proj", "mlp.c_fc", "mlp.c_proj", norm_2="ln_2")
ENDS = Ends("transformer.wte", "transformer.ln_f", "lm_head", tied=True, positions="transformer.wpe")


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    heads, width = config.integer("n_head"), config.integer("n_embd")
    epsilon = config.number("layer_norm_epsilon", default=1e-5)
    scale = (width // heads) ** -0.5 if config.flag("scale_attn_weights", default=True) else 1.0
    shape = Shape(activation(config.text("activation_function", default="gelu_pytorch_tanh")), epsilon, scale)

    def layer(index: int) -> Layer:
        at = f"transformer.h.{index}."
        fused = projection(checkpoint, at + "attn.c_attn")

        def one_for_all(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            q, k, v = fused(x).split([width, width // heads, width // heads], -1)
            return split_heads(q, heads), split_heads(k, 1), split_heads(v, 1)

        attention = one_for_all if config.flag("multi_query", default=True) else split_by_head(fused, heads)
        return gpt_layer(checkpoint, at, NAMES, shape, attention)

    return Reference(config.integer("n_layer"), ENDS.embed(checkpoint), layer, ENDS.logits(config, checkpoint, epsilon))
