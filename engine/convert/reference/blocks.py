"""The parts of decoders in plain torch, which conversions are compared with.

A reference reads one layer of the checkpoint at a time, so that a model which does not fit into memory can be checked.
Tensors are float32; activations are [tokens, width] of one sequence, heads are [heads, tokens, head width].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint

if TYPE_CHECKING:
    from torch import Tensor

PROJECTION_ROWS = 16_384

# A layer with its weights: the activations of a whole sequence, from position 0 -> those after the layer. It has no
# cache on purpose: what CTranslate2 computes token by token must agree with what follows from all tokens at once.
Layer = Callable[["Tensor"], "Tensor"]


@dataclass(frozen=True)
class Reference:
    """A decoder that is read layer by layer.

    `embed`: token ids [tokens] that begin at position 0 -> activations. `layer`: loads the layer of an index. `logits`:
    activations -> [tokens, vocabulary], including the final norm.
    """

    layers: int
    embed: Callable[[Tensor], Tensor]
    layer: Callable[[int], Layer]
    logits: Callable[[Tensor], Tensor]


def read_tensor(checkpoint: Checkpoint, name: str) -> Tensor:
    """Return a tensor of the checkpoint, in float32."""
    return checkpoint.read(name).float()


def read_rows(checkpoint: Checkpoint, name: str, ids: Tensor) -> Tensor:
    """Return rows of an embedding, the rest of which is not loaded."""
    import torch

    rows = {i: checkpoint.read(name, i, i + 1)[0].float() for i in set(ids.tolist())}
    return torch.stack([rows[i] for i in ids.tolist()])


def project(x: Tensor, checkpoint: Checkpoint, name: str) -> Tensor:
    """Return `x` times a large matrix of the checkpoint, which is read in blocks."""
    import torch

    total = checkpoint.entry(name).shape[0]
    blocks = range(0, total, PROJECTION_ROWS)
    return torch.cat([linear(x, checkpoint.read(name, i, min(total, i + PROJECTION_ROWS)).float()) for i in blocks], -1)


def rms_norm(x: Tensor, gamma: Tensor, epsilon: float) -> Tensor:
    """Zhang & Sennrich 2019."""
    import torch

    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * gamma


def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float) -> Tensor:
    """Ba et al. 2016."""
    import torch

    return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, epsilon)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    import torch

    return torch.nn.functional.linear(x, weight, bias)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Return [tokens, heads * width] as [heads, tokens, width]."""
    return x.view(x.shape[0], heads, -1).transpose(0, 1)


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float, window: int | None = None) -> Tensor:
    """Return causal attention of heads [heads, tokens, width] as [tokens, heads * width].

    Grouped heads (Ainslie et al. 2023): each KV head serves heads / KV heads consecutive heads of `q`. `window`: a
    token sees itself and the `window` - 1 tokens before it.
    """
    import torch

    each = q.shape[0] // k.shape[0]
    places = torch.arange(q.shape[1])
    query, key = places[:, None], places[None]
    hidden = key > query if window is None else (key > query) | (key <= query - window)
    # One head at a time: all scores of a long prompt at once would take more memory than the layer.
    heads = [
        (q[i] @ k[i // each].T * scale).masked_fill(hidden, -math.inf).softmax(-1) @ v[i // each]
        for i in range(q.shape[0])
    ]
    return torch.cat(heads, -1)


def frequencies(dimensions: int, base: float) -> Tensor:
    """Return the radians of each pair for one position (Su et al. 2021)."""
    import torch

    return base ** (-torch.arange(0, dimensions, 2, dtype=torch.float64) / dimensions)


def _angles(x: Tensor, radians: Tensor) -> tuple[Tensor, Tensor]:
    import torch

    angle = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * radians
    return angle.cos().float(), angle.sin().float()


def rotate_pairs(x: Tensor, radians: Tensor) -> Tensor:
    """Apply rotary positions to neighbouring pairs (0, 1), (2, 3) … of the first dimensions (GPT-J, GLM)."""
    import torch

    cos, sin = _angles(x, radians)
    rotated, rest = x[..., : 2 * len(radians)], x[..., 2 * len(radians) :]
    even, odd = rotated[..., 0::2], rotated[..., 1::2]
    pairs = torch.stack([even * cos - odd * sin, odd * cos + even * sin], -1)
    return torch.cat([pairs.flatten(-2), rest], -1)


def rotate_halves(x: Tensor, radians: Tensor) -> Tensor:
    """Apply rotary positions to pairs (i, i + half) of the first dimensions (GPT-NeoX, Llama)."""
    import torch

    cos, sin = _angles(x, radians)
    rotated, rest = x[..., : 2 * len(radians)], x[..., 2 * len(radians) :]
    low, high = rotated.chunk(2, -1)
    return torch.cat([low * cos - high * sin, high * cos + low * sin, rest], -1)


def run(reference: Reference, sequences: Sequence[Sequence[int]], last: int) -> list[Tensor]:
    """Return the logits of the `last` tokens of each sequence, or of all it has; [tokens, vocabulary].

    Layers are the outer loop: each is loaded once, whatever the number of sequences.
    """
    import torch

    with torch.no_grad():
        states = [reference.embed(torch.tensor(sequence)) for sequence in sequences]
        for index in range(reference.layers):
            layer = reference.layer(index)
            states = [layer(state) for state in states]
        return [reference.logits(state[-last:]) for state in states]
