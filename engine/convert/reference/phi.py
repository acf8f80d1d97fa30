"""Phi-1, 1.5 and 2 (Gunasekar et al. 2023, Li et al. 2023): GPT-J's block with rotary positions on halves."""

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

NAMES = Names("input_layernorm", "self_attn.dense", "mlp.fc1", "mlp.fc2")
ENDS = Ends("model.embed_tokens", "model.final_layernorm", "lm_head", tied=False)


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    heads = config.integer("num_attention_heads")
    groups = config.integer("num_key_value_heads", default=heads)
    width = config.integer("hidden_size") // heads
    epsilon = config.number("layer_norm_eps", default=1e-5)
    rope = read_rope(config, ("default", "dynamic"), share=0.5)
    rotate = partial(rotate_halves, radians=frequencies(int(width * rope.share), rope.base))
    function = activation(config.text("hidden_act", default="gelu_new"))
    shape = Shape(function, epsilon, width**-0.5, side_by_side=True)

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
