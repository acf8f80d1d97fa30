"""A layer of GPT's descendants (Radford et al. 2019): LayerNorm, attention, an MLP of two matrices.

The two are in sequence, or parallel on the same activations (GPT-J, Wang & Komatsuzaki 2021). A projection has a bias
if the checkpoint holds one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.reference.blocks import (
    Layer,
    attend,
    layer_norm,
    linear,
    project,
    read_rows,
    read_tensor,
    split_heads,
)

if TYPE_CHECKING:
    from torch import Tensor

# Normed activations [tokens, width] -> Q, K and V, each [heads, tokens, head width], rotated if positions are rotary.
Attention = Callable[["Tensor"], "tuple[Tensor, Tensor, Tensor]"]


@dataclass(frozen=True)
class Names:
    """What a family calls the parts of a layer. Without `norm_2` the MLP shares attention's norm."""

    norm_1: str
    out: str
    up: str
    down: str
    norm_2: str | None = None


@dataclass(frozen=True)
class Shape:
    """`scale` multiplies scores; `side_by_side`: attention and MLP are parallel; `window` is in tokens, see
    `attend`.
    """

    activation: Callable[[Tensor], Tensor]
    epsilon: float
    scale: float
    side_by_side: bool = False
    window: int | None = None


def norm(checkpoint: Checkpoint, name: str, epsilon: float) -> Callable[[Tensor], Tensor]:
    gamma, beta = read_tensor(checkpoint, name + ".weight"), read_tensor(checkpoint, name + ".bias")
    return lambda x: layer_norm(x, gamma, beta, epsilon)


def projection(checkpoint: Checkpoint, name: str) -> Callable[[Tensor], Tensor]:
    weight = read_tensor(checkpoint, name + ".weight")
    bias = read_tensor(checkpoint, name + ".bias") if name + ".bias" in checkpoint else None
    return lambda x: linear(x, weight, bias)


def gpt_layer(
    checkpoint: Checkpoint,
    at: str,
    names: Names,
    shape: Shape,
    attention: Attention,
    projection: Callable[[Checkpoint, str], Callable[[Tensor], Tensor]] = projection,
) -> Layer:
    """Return a layer. `at` is the prefix of all names; `projection` loads a matrix as the family stores it."""
    out, up, down = (projection(checkpoint, at + name) for name in (names.out, names.up, names.down))
    norm_1, norm_2 = (
        norm(checkpoint, at + name, shape.epsilon) for name in (names.norm_1, names.norm_2 or names.norm_1)
    )

    def step(x: Tensor) -> Tensor:
        attended = out(attend(*attention(norm_1(x)), shape.scale, shape.window))
        normed = norm_2(x if shape.side_by_side else x + attended)
        return x + attended + down(shape.activation(up(normed)))

    return step


def split_thirds(project: Callable[[Tensor], Tensor], heads: int) -> Attention:
    """Return attention whose matrix holds all of Q, then all of K, then all of V."""

    def attention(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = (split_heads(part, heads) for part in project(x).chunk(3, -1))
        return q, k, v

    return attention


def split_by_head(project: Callable[[Tensor], Tensor], heads: int) -> Attention:
    """Return attention whose matrix holds q, k and v of the first head, then of the next …"""

    def attention(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = split_heads(project(x), heads).chunk(3, -1)
        return q, k, v

    return attention


def separate_projections(checkpoint: Checkpoint, at: str, heads: int, groups: int | None = None) -> Attention:
    """Return attention with `q_proj`, `k_proj` and `v_proj`, the latter two with `groups` heads."""
    q, k, v = (projection(checkpoint, f"{at}{x}_proj") for x in "qkv")
    groups = heads if groups is None else groups
    return lambda x: (split_heads(q(x), heads), split_heads(k(x), groups), split_heads(v(x), groups))


def with_rotary(attention: Attention, rotate: Callable[[Tensor], Tensor]) -> Attention:
    """Return attention with rotary positions on Q and K."""

    def rotated(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = attention(x)
        return rotate(q), rotate(k), v

    return rotated


@dataclass(frozen=True)
class Ends:
    """What a family calls the parts before and after its layers.

    `positions` are learned ones. `tied`: whether the head is the embeddings if config.json has no such key.
    """

    embeddings: str
    norm: str
    head: str
    tied: bool
    positions: str = ""

    def embed(self, checkpoint: Checkpoint) -> Callable[[Tensor], Tensor]:
        """Return the embedding of tokens."""

        def embed(ids: Tensor) -> Tensor:
            words = read_rows(checkpoint, self.embeddings + ".weight", ids)
            if not self.positions:
                return words
            return words + checkpoint.read(self.positions + ".weight", 0, len(ids)).float()

        return embed

    def logits(self, config: Config, checkpoint: Checkpoint, epsilon: float) -> Callable[[Tensor], Tensor]:
        """Return the final norm and the projection."""
        name = self.embeddings if config.flag("tie_word_embeddings", default=self.tied) else self.head

        def logits(x: Tensor) -> Tensor:
            found = project(norm(checkpoint, self.norm, epsilon)(x), checkpoint, name + ".weight")
            bias = self.head + ".bias"
            return found + read_tensor(checkpoint, bias) if bias in checkpoint else found

        return logits


def activation(name: str) -> Callable[[Tensor], Tensor]:
    """Return a function by its published name (Hendrycks & Gimpel 2016 for the kinds of GELU)."""
    import torch
    from torch.nn import functional

    if name in ("gelu_new", "gelu_fast", "gelu_pytorch_tanh"):
        return lambda x: functional.gelu(x, approximate="tanh")
    functions: dict[str, Callable[[Tensor], Tensor]] = {
        "gelu": functional.gelu,
        "gelu_python": functional.gelu,
        "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
        "relu": torch.relu,
        "silu": functional.silu,
        "swish": functional.silu,
    }
    return functions[name]
