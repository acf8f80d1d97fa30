"""ChatGLM2/3 and GLM-4, after the published modeling_chatglm.py, and transformers' glm, the same by other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config, read_rope
from engine.convert.reference.blocks import (
    Layer,
    Reference,
    attend,
    frequencies,
    linear,
    project,
    read_rows,
    read_tensor,
    rms_norm,
    rotate_pairs,
    split_heads,
)

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class _Shape:
    heads: int
    groups: int
    head: int
    epsilon: float
    radians: Tensor


@dataclass(frozen=True)
class _Layer:
    """One layer's weights; `qkv` is [Q | K | V] and `up` is [gate | up], stacked by rows."""

    norm_1: Tensor
    qkv: Tensor
    qkv_bias: Tensor | None
    out: Tensor
    norm_2: Tensor
    up: Tensor
    down: Tensor


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    """Return the reference of the published layout."""
    head = config.integer("kv_channels")
    shape = _Shape(
        config.integer("num_attention_heads"),
        config.integer("multi_query_group_num"),
        head,
        config.number("layernorm_epsilon"),
        frequencies(head // 2, 10_000.0 * config.number("rope_ratio", default=1.0)),
    )

    def layer(index: int) -> Layer:
        at = f"transformer.encoder.layers.{index}."
        return _step(
            shape,
            _Layer(
                norm_1=read_tensor(checkpoint, at + "input_layernorm.weight"),
                qkv=read_tensor(checkpoint, at + "self_attention.query_key_value.weight"),
                qkv_bias=read_tensor(checkpoint, at + "self_attention.query_key_value.bias"),
                out=read_tensor(checkpoint, at + "self_attention.dense.weight"),
                norm_2=read_tensor(checkpoint, at + "post_attention_layernorm.weight"),
                up=read_tensor(checkpoint, at + "mlp.dense_h_to_4h.weight"),
                down=read_tensor(checkpoint, at + "mlp.dense_4h_to_h.weight"),
            ),
        )

    def logits(x: Tensor) -> Tensor:
        x = rms_norm(x, read_tensor(checkpoint, "transformer.encoder.final_layernorm.weight"), shape.epsilon)
        return project(x, checkpoint, embeddings if tied else "transformer.output_layer.weight")

    embeddings = "transformer.embedding.word_embeddings.weight"
    tied = config.flag("tie_word_embeddings", default=False)
    return Reference(config.integer("num_layers"), lambda ids: read_rows(checkpoint, embeddings, ids), layer, logits)


def native_reference(config: Config, checkpoint: Checkpoint) -> Reference:
    """Return the reference of transformers' layout."""
    import torch

    heads = config.integer("num_attention_heads")
    head = config.integer("head_dim", default=config.integer("hidden_size") // heads)
    rope = read_rope(config, share=0.5)
    shape = _Shape(
        heads,
        config.integer("num_key_value_heads"),
        head,
        config.number("rms_norm_eps"),
        frequencies(int(head * rope.share), rope.base),
    )

    def layer(index: int) -> Layer:
        at = f"model.layers.{index}."
        biased = f"{at}self_attn.q_proj.bias" in checkpoint
        return _step(
            shape,
            _Layer(
                norm_1=read_tensor(checkpoint, at + "input_layernorm.weight"),
                qkv=torch.cat([read_tensor(checkpoint, f"{at}self_attn.{x}_proj.weight") for x in "qkv"]),
                qkv_bias=torch.cat([read_tensor(checkpoint, f"{at}self_attn.{x}_proj.bias") for x in "qkv"])
                if biased
                else None,
                out=read_tensor(checkpoint, at + "self_attn.o_proj.weight"),
                norm_2=read_tensor(checkpoint, at + "post_attention_layernorm.weight"),
                up=read_tensor(checkpoint, at + "mlp.gate_up_proj.weight"),
                down=read_tensor(checkpoint, at + "mlp.down_proj.weight"),
            ),
        )

    embeddings = "model.embed_tokens.weight"
    tied = config.flag("tie_word_embeddings", default=False) or "lm_head.weight" not in checkpoint

    def logits(x: Tensor) -> Tensor:
        x = rms_norm(x, read_tensor(checkpoint, "model.norm.weight"), shape.epsilon)
        return project(x, checkpoint, embeddings if tied else "lm_head.weight")

    return Reference(
        config.integer("num_hidden_layers"), lambda ids: read_rows(checkpoint, embeddings, ids), layer, logits
    )


def _step(shape: _Shape, weights: _Layer) -> Layer:
    import torch

    def step(x: Tensor) -> Tensor:
        rows = shape.groups * shape.head
        qkv = linear(rms_norm(x, weights.norm_1, shape.epsilon), weights.qkv, weights.qkv_bias)
        q, k, v = qkv.split([shape.heads * shape.head, rows, rows], -1)
        q = rotate_pairs(split_heads(q, shape.heads), shape.radians)
        k = rotate_pairs(split_heads(k, shape.groups), shape.radians)
        x = x + linear(attend(q, k, split_heads(v, shape.groups), shape.head**-0.5), weights.out)
        gate, up = linear(rms_norm(x, weights.norm_2, shape.epsilon), weights.up).chunk(2, -1)
        return x + linear(torch.nn.functional.silu(gate) * up, weights.down)

    return step
