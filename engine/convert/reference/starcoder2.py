"""StarCoder2 (Lozhkov et al. 2024): grouped KV heads, rotary positions, a window in every layer."""

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
    separate_projections,
    with_rotary,
)

NAMES = Names("input_layernorm", "self_attn.o_proj", "mlp.c_fc", "mlp.c_proj", norm_2="post_attention_layernorm")
ENDS = Ends("model.embed_tokens", "model.norm", "lm_head", tied=True)


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    heads = config.integer("num_attention_heads")
    groups = config.integer("num_key_value_heads")
    width = config.integer("hidden_size") // heads
    epsilon = config.number("norm_epsilon", default=1e-5)
    rotate = partial(rotate_halves, radians=frequencies(width, read_rope(config).base))
    shape = Shape(
        activation(config.text("hidden_act", default="gelu_pytorch_tanh")),
        epsilon,
        width**-0.5,
        window=config.table.get("sliding_window"),
    )

    def layer(index: int) -> Layer:
        at = f"model.layers.{index}."
        return gpt_layer(
            checkpoint,
            at,
            NAMES,
            shape,
            with_rotary(separate_projections(checkpoint, at + "self_attn.", heads, groups), rotate),
        )

    return Reference(
        config.integer("num_hidden_layers"), ENDS.embed(checkpoint), layer, ENDS.logits(config, checkpoint, epsilon)
    )
