"""Parts of custom decoder layers: CTranslate2 infers a part's structure from the variables in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.convert.family import set_linear, set_norm
from engine.convert.tensors import Rows, computed_rows, rows_of

if TYPE_CHECKING:
    from ctranslate2.specs.common_spec import LayerNormSpec, LinearSpec
    from ctranslate2.specs.model_spec import LayerSpec
    from torch import Tensor

SMALL_HEAD = 8
SELF_ATTENTION_BASE = 1.5
SELF_ATTENTION_MARGIN = 150.0  # by which a token's score for itself exceeds all others, before softmax
CLOSED = -200.0  # x·sigmoid(1.702x) of it is exactly 0
# Weights that have no effect but must not all be 0: a quantiser divides by the largest.
UNUSED = 1e-3


def self_attention_only(
    width: int, value: Callable[[], Tensor], out: Rows, out_bias: Rows | None, heads: int, inputs: int
) -> LayerSpec:
    """Return attention without LayerNorm or residual in which a token attends only to itself: out·value·x + bias.

    Keys and queries are the same constant; rotary positions make the score lower everywhere but at distance 0.
    """
    import numpy as np
    import torch

    head = width // heads
    rotary = min(64, head // 2 * 2)
    angles = SELF_ATTENTION_BASE ** (-np.arange(0, rotary, 2) / rotary)
    distances = np.arange(1, 4096)
    margin = float((1 - np.cos(np.outer(distances, angles))).sum(1).min())
    bias = torch.zeros(3, heads, head)
    bias[:2, :, 0:rotary:2] = math.sqrt(SELF_ATTENTION_MARGIN / margin)

    def values_only() -> Tensor:
        made = torch.zeros(3 * width, inputs)
        made[2 * width :] = value()
        return made

    return layer_of(
        linear=[
            linear(float_rows((3 * width, inputs), values_only), rows_of(bias.reshape(-1))),
            linear(out, out_bias),
        ],
        head_dim=np.int32(head),
        queries_scale=np.float32(1),
        rotary_dim=np.int32(rotary),
        rotary_interleave=True,
        rotary_base=np.float32(SELF_ATTENTION_BASE),
    )


def no_attention(width: int, heads: int, norm: LayerNormSpec | None) -> LayerSpec:
    """Return attention whose keys and values are 0."""
    import numpy as np
    import torch

    weight = torch.zeros(3 * heads * SMALL_HEAD, width)
    weight[0, 0] = UNUSED
    out = torch.full((width, heads * SMALL_HEAD), UNUSED)
    both = [linear(rows_of(weight)), linear(rows_of(out))]
    return layer_of(linear=both, head_dim=np.int32(SMALL_HEAD), layer_norm=norm)


def no_ffn(width: int, norm: LayerNormSpec | None) -> LayerSpec:
    """Return a feed-forward network that its bias closes; with a norm it has a residual, and passes its input on."""
    import torch

    weight = torch.zeros(SMALL_HEAD, width)
    weight[0, 0] = UNUSED
    return layer_of(
        linear_0=linear(rows_of(weight), rows_of(torch.full((SMALL_HEAD,), CLOSED))),
        linear_1=linear(rows_of(torch.full((width, SMALL_HEAD), UNUSED))),
        layer_norm=norm,
    )


def any_norm(width: int) -> LayerNormSpec:
    """Return a norm that the structure requires and that has no effect."""
    import torch

    return norm_of(torch.ones(width), torch.zeros(width))


def norm_of(gamma: Tensor, beta: Tensor | None = None) -> LayerNormSpec:
    from ctranslate2.specs import common_spec

    spec = common_spec.LayerNormSpec(rms_norm=beta is None)
    set_norm(spec, rows_of(gamma), None if beta is None else rows_of(beta))
    return spec


def linear(weight: Rows, bias: Rows | None = None) -> LinearSpec:
    from ctranslate2.specs import common_spec

    spec = common_spec.LinearSpec()
    set_linear(spec, weight, bias)
    return spec


def float_rows(shape: tuple[int, ...], make: Callable[[], Tensor]) -> Rows:
    return computed_rows(shape, "float32", make)


def layer_of(**variables: Any) -> LayerSpec:
    """Return a layer with just these variables."""
    from ctranslate2.specs import model_spec

    class Layer(model_spec.LayerSpec):  # type: ignore[misc]
        def __init__(self) -> None:
            for name, value in variables.items():
                if value is not None:
                    setattr(self, name, value)

    return Layer()
