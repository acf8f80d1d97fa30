"""GPT-NeoX (Black et al. 2022): rotary positions on a share of each head, attention and MLP parallel or in sequence."""

from __future__ import annotations

from functools import partial

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config, read_rope
from engine.convert.reference.blocks import Layer, Reference, frequencies, rotate_halves
from engine.convert.reference.gpt_like import (
    Ends,
    Names,
    Shape,
    activation,
    gpt_layer,
    projection,
    split_by_head,
    with_rotary,
)

NAMES = Names(
    "input_layernorm",
    "attention.dense",
    "mlp.dense_h_to_4h",
    "mlp.dense_4h_to_h",
    norm_2="post_attention_layernorm",
)
ENDS = Ends("gpt_neox.embed_in", "gpt_neox.final_layer_norm", "embed_out", tied=False)


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    heads = config.integer("num_attention_heads")
    width = config.integer("hidden_size") // heads
    epsilon = config.number("layer_norm_eps", default=1e-5)
    rope = read_rope(config, share=0.25)
    rotate = partial(rotate_halves, radians=frequencies(int(width * rope.share), rope.base))
    shape = Shape(
        activation(config.text("hidden_act", default="gelu")),
        epsilon,
        width**-0.5,
        side_by_side=config.flag("use_parallel_residual", default=True),
    )

    def layer(index: int) -> Layer:
        at = f"gpt_neox.layers.{index}."
        fused = projection(checkpoint, at + "attention.query_key_value")
        return gpt_layer(checkpoint, at, NAMES, shape, with_rotary(split_by_head(fused, heads), rotate))

    return Reference(
        config.integer("num_hidden_layers"), ENDS.embed(checkpoint), layer, ENDS.logits(config, checkpoint, epsilon)
    )
