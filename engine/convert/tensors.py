"""Weights that are not in memory: what a loader composes, and the writer reads block by block.

A loader takes each tensor by its published name and expected shape, and defines how CTranslate2's tensor results from
it: unchanged, stacked, cut, transposed, or computed. Only shapes are known until the writer reads rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.types import ModelError

if TYPE_CHECKING:
    from torch import Tensor

# Buffers of older checkpoints, which follow from the configuration.
DERIVED = re.compile(
    r"(rotary_emb|rotary_pos_emb|rope)\.(inv_freq|cos_cached|sin_cached)$"
    r"|\.(masked_bias|attn\.bias|attention\.bias|causal_mask|embed_positions\.weights|embed_positions)$"
)

# Other types are those of weights that were quantised.
FLOATS = ("float64", "float32", "float16", "bfloat16")


@dataclass(frozen=True)
class Rows:
    """A tensor by rows of its first dimension. `read(first, last)` returns a copy of them in `dtype`."""

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[int, int], Tensor]

    def whole(self) -> Tensor:
        return self.read(0, self.shape[0])

    def cut(self, first: int, last: int) -> Rows:
        """Return rows `first` to `last` as a tensor of their own."""
        return Rows((last - first, *self.shape[1:]), self.dtype, lambda a, b: self.read(first + a, first + b))


@dataclass(frozen=True)
class Alias:
    """A variable that equals another one, by its name in model.bin: CTranslate2 loads it once."""

    of: str


def stack_rows(parts: Sequence[Rows]) -> Rows:
    """Return the parts below one another: Q, K and V as the one matrix that CTranslate2 expects."""

    def read(first: int, last: int) -> Tensor:
        import torch

        pieces, start = [], 0
        for part in parts:
            begin, end = max(first - start, 0), min(last - start, part.shape[0])
            if begin < end:
                pieces.append(part.read(begin, end))
            start += part.shape[0]
        return torch.cat(pieces)

    rows = sum(part.shape[0] for part in parts)
    return Rows((rows, *parts[0].shape[1:]), parts[0].dtype, read)


def rows_of(tensor: Tensor) -> Rows:
    """Return a small tensor that is in memory."""
    return Rows(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), lambda first, last: tensor[first:last])


def computed_rows(shape: tuple[int, ...], dtype: str, make: Callable[[], Tensor]) -> Rows:
    """Return a tensor that must be computed as a whole. It is kept only while its rows are read in order."""
    kept: list[Tensor] = []

    def read(first: int, last: int) -> Tensor:
        if not kept:
            kept.append(make())
        tensor = kept[0]
        if tuple(tensor.shape) != shape:
            raise ModelError(f"a computed tensor has shape {tuple(tensor.shape)}, expected {shape}")
        if last == shape[0]:
            kept.clear()
        return tensor[first:last]

    return Rows(shape, dtype, read)


def transpose(rows: Rows) -> Rows:
    """Return the transposed matrix; GPT-2's `Conv1D` stores [in, out]."""
    return computed_rows((rows.shape[1], rows.shape[0]), rows.dtype, lambda: rows.whole().t().contiguous())


class Weights:
    """A loader's view of a checkpoint. It records what was taken: nothing important may be left over."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._taken: set[str] = set()

    def __contains__(self, name: object) -> bool:
        return name in self._checkpoint

    def take(self, name: str, *shape: int) -> Rows:
        """Return the tensor of this name, which must have this shape. Raises `ModelError`."""
        entry = self._checkpoint.entry(name)
        if entry.shape != shape:
            raise ModelError(
                f"{self._checkpoint.folder}: {name} has shape {list(entry.shape)}, config.json says {list(shape)}"
            )
        if entry.dtype not in FLOATS:
            raise ModelError(
                f"{self._checkpoint.folder}: {name} is of type {entry.dtype}; a quantised checkpoint cannot be"
                " converted: take the original one"
            )
        self._taken.add(name)
        return Rows(shape, entry.dtype, lambda first, last: self._checkpoint.read(name, first, last))

    def ignore(self, name: str) -> None:
        """Mark a tensor that another one makes redundant."""
        self._taken.add(name)

    def leftovers(self) -> list[str]:
        """Return the tensors that were not taken, except buffers that follow from the configuration."""
        return sorted(name for name in self._checkpoint if name not in self._taken and not DERIVED.search(name))
