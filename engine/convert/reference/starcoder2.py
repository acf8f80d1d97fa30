"""StarCoder2 (Lozhkov et al. 2024): grouped KV heads, rotary positions, a window in every layer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config, read_rope
from engine.convert.reference.blocks import Layer, Reference, frequencies, rotate_halves, stored_rows
from engine.convert.reference.gpt_like import Names, Shape, activation, gpt_layer, head, one_each, turned

if TYPE_CHECKING:
    from torch import Tensor

NAMES = Names("input_layernorm", "self_attn.o_proj", "mlp.c_fc", "mlp.c_proj", norm_2="post_attention_layernorm")


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
            checkpoint, at, NAMES, shape, turned(one_each(checkpoint, at + "self_attn.", heads, groups), rotate)
        )

    def embed(ids: Tensor) -> Tensor:
        return stored_rows(checkpoint, "model.embed_tokens.weight", ids)

    logits = head(config, checkpoint, "model.norm", epsilon, embeddings="model.embed_tokens", own="lm_head", tied=True)
    return Reference(config.integer("num_hidden_layers"), embed, layer, logits)
