"""Llama (Touvron et al. 2023), Mistral (Jiang et al. 2023), Qwen 2 and 3, Gemma (2024), as their authors describe them.

The tensors of the checkpoint determine the parts of a layer (biases, norms of heads); config.json the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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
    rotate_halves,
    split_heads,
)

if TYPE_CHECKING:
    from torch import Tensor


def llama_reference(config: Config, checkpoint: Checkpoint) -> Reference:
    return _reference(config, checkpoint, lambda _: None)


def mistral_reference(config: Config, checkpoint: Checkpoint) -> Reference:
    """Return the reference; every layer attends within `sliding_window` tokens."""
    window = config.table.get("sliding_window")
    return _reference(config, checkpoint, lambda _: window)


def qwen_reference(config: Config, checkpoint: Checkpoint) -> Reference:
    """Return the reference. Windows need `use_sliding_window`; layers below `max_window_layers` (28) have none."""
    window = config.table.get("sliding_window") if config.flag("use_sliding_window", default=False) else None
    first = config.table.get("max_window_layers", 28)
    kinds = config.table.get("layer_types")

    def windowed(index: int) -> bool:
        return bool(index >= first if kinds is None else kinds[index] == "sliding_attention")

    return _reference(config, checkpoint, lambda index: window if windowed(index) else None)


def gemma_reference(config: Config, checkpoint: Checkpoint) -> Reference:
    """Return the reference. Norms scale by 1 + weight, embeddings by the root of their width; the gate is GELU's
    tanh form.
    """
    return _reference(config, checkpoint, lambda _: None, gemma=True)


def _reference(
    config: Config, checkpoint: Checkpoint, window: Callable[[int], int | None], *, gemma: bool = False
) -> Reference:
    """Return a reference. `window` is that of the layer of an index, in tokens; None sees all."""
    import torch

    width, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    groups = config.integer("num_key_value_heads", default=heads)
    head = config.integer("head_dim", default=width // heads)
    epsilon = config.number("rms_norm_eps")
    radians = _radians(config, head)
    embeddings = "model.embed_tokens.weight"
    tied = config.flag("tie_word_embeddings", default="lm_head.weight" not in checkpoint)

    def norm(x: Tensor, weight: Tensor) -> Tensor:
        return rms_norm(x, 1 + weight if gemma else weight, epsilon)

    def gate(x: Tensor) -> Tensor:
        return torch.nn.functional.gelu(x, approximate="tanh") if gemma else torch.nn.functional.silu(x)

    def embed(ids: Tensor) -> Tensor:
        return read_rows(checkpoint, embeddings, ids) * (math.sqrt(width) if gemma else 1.0)

    def layer(index: int) -> Layer:
        at = f"model.layers.{index}."
        tensors = {name.removeprefix(at): read_tensor(checkpoint, name) for name in checkpoint if name.startswith(at)}

        def project(x: Tensor, name: str) -> Tensor:
            return linear(x, tensors[f"{name}_proj.weight"], tensors.get(f"{name}_proj.bias"))

        def with_rotary(x: Tensor, count: int, name: str) -> Tensor:
            x = split_heads(x, count)
            if f"self_attn.{name}_norm.weight" in tensors:
                x = norm(x, tensors[f"self_attn.{name}_norm.weight"])
            return rotate_halves(x, radians)

        def step(x: Tensor) -> Tensor:
            h = norm(x, tensors["input_layernorm.weight"])
            q = with_rotary(project(h, "self_attn.q"), heads, "q")
            k = with_rotary(project(h, "self_attn.k"), groups, "k")
            v = split_heads(project(h, "self_attn.v"), groups)
            x = x + project(attend(q, k, v, head**-0.5, window(index)), "self_attn.o")
            h = norm(x, tensors["post_attention_layernorm.weight"])
            return x + project(gate(project(h, "mlp.gate")) * project(h, "mlp.up"), "mlp.down")

        return step

    def logits(x: Tensor) -> Tensor:
        x = norm(x, read_tensor(checkpoint, "model.norm.weight"))
        return project(x, checkpoint, embeddings if tied else "lm_head.weight")

    return Reference(config.integer("num_hidden_layers"), embed, layer, logits)


def _radians(config: Config, head: int) -> Tensor:
    """Return the radians of each pair of a head for one position.

    "linear" is position interpolation (Chen et al. 2023). "llama3" divides frequencies with fewer than
    `low_freq_factor` turns over the original context by `factor`, keeps those with more than `high_freq_factor` turns,
    and interpolates between (Llama 3.1's published code). "dynamic" changes nothing within the original context.
    """
    rope = read_rope(config, ("default", "linear", "dynamic", "llama3"))
    radians = frequencies(head, rope.base)
    if rope.scaling == "linear":
        return radians / rope.factor
    if rope.scaling == "llama3":
        low, high = rope.table["low_freq_factor"], rope.table["high_freq_factor"]
        turns = rope.table["original_max_position_embeddings"] * radians / (2 * math.pi)
        kept = ((turns - low) / (high - low)).clamp(0, 1)
        return radians * (kept + (1 - kept) / rope.factor)
    return radians
