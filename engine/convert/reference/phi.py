"""Phi-1, 1.5 and 2 (Gunasekar et al. 2023, Li et al. 2023): GPT-J's block with rotary positions on halves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config, read_rope
from engine.convert.reference.blocks import Layer, Reference, frequencies, rotate_halves, stored_rows
from engine.convert.reference.gpt_like import Names, Shape, activation, gpt_layer, head, one_each, turned

if TYPE_CHECKING:
    from torch import Tensor

NAMES = Names("input_layernorm", "self_attn.dense", "mlp.fc1", "mlp.fc2")


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
            checkpoint, at, NAMES, shape, turned(one_each(checkpoint, at + "self_attn.", heads, groups), rotate)
        )

    def embed(ids: Tensor) -> Tensor:
        return stored_rows(checkpoint, "model.embed_tokens.weight", ids)

    logits = head(
        config, checkpoint, "model.final_layernorm", epsilon, embeddings="model.embed_tokens", own="lm_head", tied=False
    )
    return Reference(config.integer("num_hidden_layers"), embed, layer, logits)
