"""The top-query layer's positions: the layout of the widened activations, and how a position is written to them.

P1 and P2 of `top_query`: a flag at position 0, then the position's bits, then a one-hot position.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.families.stock_layers import (
    SMALL_HEAD,
    UNUSED,
    any_norm,
    float_rows,
    layer_of,
    linear,
    no_ffn,
    norm_of,
)
from engine.convert.tensors import rows_of

if TYPE_CHECKING:
    from ctranslate2.specs.model_spec import LayerSpec
    from torch import Tensor

SLOT = 2.0**-8  # e
SLOT_ALIGNMENT = 16
POINTED_AT_FIRST, POINTED = 200.0, 64.0  # by how much one score exceeds the others
STEEP = 4096.0  # a step instead of a slope


@dataclass(frozen=True)
class Slots:
    """The layout of the widened activations: the model's own first, then what the helper layers write.

    Each slot that is written has a counterpart with the opposite value, so that the mean over all does not change.
    """

    width: int
    positions: int

    @property
    def bits(self) -> int:
        """The number of bits of a position's number."""
        return max(1, math.ceil(math.log2(self.positions)))

    @property
    def one_hot(self) -> int:
        return self.width

    @property
    def one_hot_sum(self) -> int:
        return self.width + self.positions

    @property
    def code(self) -> int:
        return self.one_hot_sum + 1

    @property
    def flag(self) -> int:
        return self.code + self.bits + 1

    @property
    def plus(self) -> int:
        return self.flag + 2

    @property
    def empty(self) -> int:
        """Nothing is written here: it shows the rounding error that all empty slots share."""
        return self.plus + 2

    @property
    def total(self) -> int:
        return -(-(self.empty + 1) // SLOT_ALIGNMENT) * SLOT_ALIGNMENT

    @property
    def tau(self) -> float:
        return math.sqrt(self.total / self.width)


def first_position(slots: Slots, heads: int) -> LayerSpec:
    """Return P1."""
    import numpy as np
    import torch

    total, rows = slots.total, 3 * heads * SMALL_HEAD
    bias = torch.zeros(3, heads, SMALL_HEAD)
    bias[0, 0, 0] = POINTED_AT_FIRST
    keys, values = torch.zeros(3, SMALL_HEAD), torch.zeros(3, SMALL_HEAD)
    keys[0, 0] = values[1, 0] = 1.0
    out = torch.zeros(total, heads * SMALL_HEAD)
    out[slots.flag, 0], out[slots.flag + 1, 0] = SLOT, -SLOT
    attention = layer_of(
        layer_norm=norm_of(torch.zeros(total), torch.zeros(total)),
        linear=[
            linear(float_rows((rows, total), lambda: torch.full((rows, total), UNUSED)), rows_of(bias.reshape(-1))),
            linear(rows_of(out)),
        ],
        head_dim=np.int32(SMALL_HEAD),
        queries_scale=np.float32(1),
        relative_position_keys=rows_of(keys),
        relative_position_values=rows_of(values),
    )
    return layer_of(self_attention=attention, ffn=no_ffn(total, any_norm(total)))


def position_code(slots: Slots, heads: int, typical: float) -> LayerSpec:
    """Return P2."""
    import numpy as np
    import torch

    total, places, bits = slots.total, slots.positions, slots.bits
    code = torch.tensor([[1.0 if place >> bit & 1 else -1.0 for bit in range(bits)] for place in range(places)])
    head = -(-(bits + 1) // SMALL_HEAD) * SMALL_HEAD
    query_bias = torch.zeros(3, heads, head)
    query_bias[0, 0, 0] = POINTED
    keys, values = torch.zeros(2 * places - 1, head), torch.zeros(2 * places - 1, head)
    # Relative position -p, as seen from position p, is in row places - 1 - p.
    values[:places, :bits] = code.flip(0)
    values[:places, bits] = -code.flip(0).sum(1)
    out = torch.zeros(total, heads * head)
    for bit in range(bits + 1):
        out[slots.code + bit, bit] = SLOT
    flagged = torch.zeros(total)
    flagged[slots.flag] = 1 / SLOT

    def find_flag() -> Tensor:
        made = torch.zeros(3, heads, head, total)
        made[1, 0, 0, slots.flag] = POINTED * typical
        return made.reshape(-1, total)

    steepness = STEEP * typical
    coded = torch.zeros(total)
    coded[slots.code : slots.code + bits] = coded[slots.plus] = 1 / SLOT

    def match() -> Tensor:
        made = torch.zeros(places, total)
        made[:, slots.code : slots.code + bits] = steepness * code
        made[:, slots.plus] = -steepness * (bits - 1)
        return made

    def to_one_hot() -> Tensor:
        made = torch.zeros(total, places)
        made[slots.one_hot : slots.one_hot_sum] = torch.eye(places) * (SLOT * typical / steepness)
        made[slots.one_hot_sum] = -SLOT * typical / steepness
        return made

    attention = layer_of(
        layer_norm=norm_of(flagged, torch.zeros(total)),
        linear=[
            linear(float_rows((3 * heads * head, total), find_flag), rows_of(query_bias.reshape(-1))),
            linear(rows_of(out)),
        ],
        head_dim=np.int32(head),
        queries_scale=np.float32(1),
        relative_position_keys=rows_of(keys),
        relative_position_values=rows_of(values),
    )
    ffn = layer_of(
        layer_norm=norm_of(coded, torch.zeros(total)),
        linear_0=linear(float_rows((places, total), match)),
        linear_1=linear(float_rows((total, places), to_one_hot)),
    )
    return layer_of(self_attention=attention, ffn=ffn)
