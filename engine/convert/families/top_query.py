"""CodeGeeX-13B's top-query layer out of stock CTranslate2 layers.

After its ordinary layers the published model applies the final LayerNorm *in place of* the residual stream, then a
layer whose queries are an embedding of the position, not of the token (Zheng et al. 2023, section 2.2). CTranslate2 has
no such layer; seven stock ones together are equal to it.

Two things make that possible. CTranslate2 picks the structure of each layer from the variables it finds, and an
attention or feed-forward network without `layer_norm` has no residual, so that it may also change the width. And
float32 arithmetic can be made exact: with h / 2^40 far below one unit in the last place, (h + 2^40·LN(h)) / 2^40 *is*
LN(h).

    S1  parallel block:    x <- x + M·tau·LN_f(x)
    S2  gemma2 block:      x <- x / M (layer_scalar), which leaves tau·LN_f(h)
    E   attention, no LN:  d -> W wide; each token attends to itself only; further slots hold mean(x), so that a
                           LayerNorm over W sees the statistics over d (tau = sqrt(W/d) makes epsilon exact too); two
                           slots hold ±e
    P1  Shaw attention:    a flag slot that is 1 at position 0 only (relative position values: nothing to its left)
    P2  Shaw attention:    attends to the flagged token only; its relative position *values* are the position's bits;
        feed-forward:      bits -> one-hot position, an exact table look-up by a saturated activation
    T   top query:         k, v from LN_i as usual; q = Q[position], the table E_top·W_qᵀ + b_q read by the one-hot;
                           q_norm (an RMS over head + 8, one channel of which makes |q| constant) takes out LN's scale
    C   attention, no LN:  W -> d, x / tau; then its ordinary pre-LN feed-forward network is the top layer's
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.convert.family import set_linear, set_norm
from engine.convert.tensors import Rows, computed, in_memory

if TYPE_CHECKING:
    from ctranslate2.specs.common_spec import LayerNormSpec, LinearSpec
    from ctranslate2.specs.model_spec import LayerSpec
    from ctranslate2.specs.transformer_spec import FeedForwardSpec
    from torch import Tensor

NORM_SCALE = 2.0**40  # M
SLOT = 2.0**-8  # e
SLOT_ALIGNMENT = 16
SMALL_HEAD = 8
SELF_ATTENTION_BASE = 1.5
SELF_ATTENTION_MARGIN = 150.0  # by which a token's score for itself exceeds all others, before softmax
SHUT = -200.0  # x·sigmoid(1.702x) of it is exactly 0
POINTED_AT_FIRST, POINTED = 200.0, 64.0  # how much one score exceeds the others
STEEP = 4096.0  # a step instead of a slope
# Weights that must not matter, but not be 0 throughout: a quantiser divides by the largest.
UNUSED = 1e-3


@dataclass(frozen=True)
class TopQuery:
    """What the checkpoint has of it; pairs are (weight, bias), `queries` is [positions, width]."""

    final_norm: tuple[Rows, Rows]
    queries: Rows
    norm: tuple[Rows, Rows]
    query: tuple[Rows, Rows]
    key: tuple[Rows, Rows]
    value: tuple[Rows, Rows]
    dense: tuple[Rows, Rows]
    ffn: FeedForwardSpec


@dataclass(frozen=True)
class _Slots:
    """Where what stands in the widened activations: the model's own first, then what the helper layers write.

    Each slot that is written has a copy that takes the opposite, so that the mean over all stays what it was.
    """

    width: int
    positions: int

    @property
    def bits(self) -> int:
        """Of a position's number."""
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
        """Nobody writes there: it shows the rounding that all empty slots share."""
        return self.plus + 2

    @property
    def total(self) -> int:
        return -(-(self.empty + 1) // SLOT_ALIGNMENT) * SLOT_ALIGNMENT

    @property
    def tau(self) -> float:
        return math.sqrt(self.total / self.width)


def top_query_layers(top: TopQuery, heads: int) -> list[LayerSpec]:
    """Seven layers that are equal to the published final norm and top-query layer together."""
    positions, width = top.queries.shape
    slots = _Slots(width, positions)
    gamma, beta = (rows.whole().float() for rows in top.final_norm)
    # How large the normed activations typically are; it only scales what would otherwise lose digits.
    typical = math.sqrt(float(gamma.pow(2).mean() + beta.var(unbiased=False)))
    return [
        *_norm_as_residual(gamma * slots.tau, beta * slots.tau, heads),
        _widen(slots, heads),
        _first_position(slots, heads),
        _position_code(slots, heads, typical),
        _top_query(top, slots, heads, typical),
        _narrow(top, slots, heads),
    ]


def _norm_as_residual(gamma: Tensor, beta: Tensor, heads: int) -> list[LayerSpec]:
    """S1 and S2."""
    import numpy as np
    import torch

    width = len(gamma)
    zeros = torch.zeros(width)
    first = _layer(
        self_attention=_no_attention(width, heads, _any_norm(width)),
        input_layer_norm=_norm_of(NORM_SCALE * gamma, NORM_SCALE * beta),
        ffn=_no_ffn(width, None),
    )
    second = _layer(
        self_attention=_no_attention(width, heads, None),
        input_layer_norm=_any_norm(width),
        post_attention_layer_norm=_norm_of(zeros, zeros),
        pre_feedforward_layer_norm=_any_norm(width),
        post_feedforward_layer_norm=_norm_of(zeros, zeros),
        ffn=_no_ffn(width, None),
        layer_scalar=np.float32(1.0 / NORM_SCALE),
    )
    return [first, second]


def _widen(slots: _Slots, heads: int) -> LayerSpec:
    """E."""
    import torch

    width, total = slots.width, slots.total

    def out() -> Tensor:
        made = torch.full((total, width), 1.0 / width)
        made[:width] = torch.eye(width)
        return made

    bias = torch.zeros(total)
    bias[slots.plus], bias[slots.plus + 1] = SLOT, -SLOT
    copy = _self_attention(
        width, lambda: torch.eye(width), _computed((total, width), out), in_memory(bias), heads, width
    )
    return _layer(self_attention=copy, ffn=_no_ffn(total, _any_norm(total)))


def _first_position(slots: _Slots, heads: int) -> LayerSpec:
    """P1."""
    import numpy as np
    import torch

    total, rows = slots.total, 3 * heads * SMALL_HEAD
    bias = torch.zeros(3, heads, SMALL_HEAD)
    bias[0, 0, 0] = POINTED_AT_FIRST
    keys, values = torch.zeros(3, SMALL_HEAD), torch.zeros(3, SMALL_HEAD)
    keys[0, 0] = values[1, 0] = 1.0
    out = torch.zeros(total, heads * SMALL_HEAD)
    out[slots.flag, 0], out[slots.flag + 1, 0] = SLOT, -SLOT
    attention = _layer(
        layer_norm=_norm_of(torch.zeros(total), torch.zeros(total)),
        linear=[
            _linear(_computed((rows, total), lambda: torch.full((rows, total), UNUSED)), in_memory(bias.reshape(-1))),
            _linear(in_memory(out)),
        ],
        head_dim=np.int32(SMALL_HEAD),
        queries_scale=np.float32(1),
        relative_position_keys=in_memory(keys),
        relative_position_values=in_memory(values),
    )
    return _layer(self_attention=attention, ffn=_no_ffn(total, _any_norm(total)))


def _position_code(slots: _Slots, heads: int, typical: float) -> LayerSpec:
    """P2."""
    import numpy as np
    import torch

    total, places, bits = slots.total, slots.positions, slots.bits
    code = torch.tensor([[1.0 if place >> bit & 1 else -1.0 for bit in range(bits)] for place in range(places)])
    head = -(-(bits + 1) // SMALL_HEAD) * SMALL_HEAD
    query_bias = torch.zeros(3, heads, head)
    query_bias[0, 0, 0] = POINTED
    keys, values = torch.zeros(2 * places - 1, head), torch.zeros(2 * places - 1, head)
    # Relative position -p, as seen from position p, stands in row places - 1 - p.
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

    attention = _layer(
        layer_norm=_norm_of(flagged, torch.zeros(total)),
        linear=[
            _linear(_computed((3 * heads * head, total), find_flag), in_memory(query_bias.reshape(-1))),
            _linear(in_memory(out)),
        ],
        head_dim=np.int32(head),
        queries_scale=np.float32(1),
        relative_position_keys=in_memory(keys),
        relative_position_values=in_memory(values),
    )
    ffn = _layer(
        layer_norm=_norm_of(coded, torch.zeros(total)),
        linear_0=_linear(_computed((places, total), match)),
        linear_1=_linear(_computed((total, places), to_one_hot)),
    )
    return _layer(self_attention=attention, ffn=ffn)


def _top_query(top: TopQuery, slots: _Slots, heads: int, typical: float) -> LayerSpec:
    """T."""
    import numpy as np
    import torch

    width, places, total, tau = slots.width, slots.positions, slots.total, slots.tau
    own = width // heads
    head = own + SMALL_HEAD
    weight, offset = (rows.whole().float() for rows in top.query)
    queries = (top.queries.whole().float() @ weight.T + offset).view(places, heads, own)
    del weight
    # One channel more makes every query as long as the longest.
    longest = float(queries.pow(2).sum(-1).max()) * 1.01 + 1e-3
    filler = (longest - queries.pow(2).sum(-1)).clamp_min(0).sqrt()

    def project() -> Tensor:
        made = torch.zeros(3, heads, head, total)
        one_hot = made[0, :, :, slots.one_hot : slots.one_hot_sum]
        one_hot[:, :own] = queries.permute(1, 2, 0)
        one_hot[:, own] = filler.T
        one_hot *= STEEP / math.sqrt(longest / head)
        # What all empty slots have by rounding must not add up.
        made[0, :, :, slots.empty] = -one_hot.sum(-1)
        for index, (rows, _) in enumerate((top.key, top.value), start=1):
            made[index, :, :own, :width] = rows.whole().float().view(heads, own, width)
        return made.reshape(-1, total)

    bias = torch.zeros(3, heads, head)
    for index, (_, rows) in enumerate((top.key, top.value), start=1):
        bias[index, :, :own] = rows.whole().float().view(heads, own)
    gamma, beta = torch.zeros(total), torch.zeros(total)
    gamma[:width], beta[:width] = top.norm[0].whole().float() / tau, top.norm[1].whole().float()
    gamma[slots.one_hot : slots.one_hot_sum] = gamma[slots.empty] = typical / SLOT

    def out() -> Tensor:
        made = torch.zeros(total, heads, head)
        made[:width, :, :own] = tau * top.dense[0].whole().float().view(width, heads, own)
        return made.reshape(total, -1)

    out_bias = torch.zeros(total)
    out_bias[:width] = tau * top.dense[1].whole().float()
    attention = _layer(
        layer_norm=_norm_of(gamma, beta),
        linear=[
            _linear(_computed((3 * heads * head, total), project), in_memory(bias.reshape(-1))),
            _linear(_computed((total, heads * head), out), in_memory(out_bias)),
        ],
        head_dim=np.int32(head),
        queries_scale=np.float32(own**-0.5),
        q_norm=_norm_of(torch.full((head,), math.sqrt(longest / head))),
    )
    return _layer(self_attention=attention, ffn=_no_ffn(total, _any_norm(total)))


def _narrow(top: TopQuery, slots: _Slots, heads: int) -> LayerSpec:
    """C."""
    import torch

    width, total = slots.width, slots.total

    def cut() -> Tensor:
        made = torch.zeros(width, total)
        made[:, :width] = torch.eye(width) / slots.tau
        return made

    own_out = _computed((width, width), lambda: torch.eye(width))
    return _layer(self_attention=_self_attention(width, cut, own_out, None, heads, total), ffn=top.ffn)


def _self_attention(
    width: int, value: Callable[[], Tensor], out: Rows, out_bias: Rows | None, heads: int, inputs: int
) -> LayerSpec:
    """Attention without LayerNorm or residual in which a token attends to itself only: out·value·x + bias.

    Keys and queries are the same constant; rotary positions make it differ from itself everywhere but at distance 0.
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

    return _layer(
        linear=[
            _linear(_computed((3 * width, inputs), values_only), in_memory(bias.reshape(-1))),
            _linear(out, out_bias),
        ],
        head_dim=np.int32(head),
        queries_scale=np.float32(1),
        rotary_dim=np.int32(rotary),
        rotary_interleave=True,
        rotary_base=np.float32(SELF_ATTENTION_BASE),
    )


def _no_attention(width: int, heads: int, norm: LayerNormSpec | None) -> LayerSpec:
    """Attention whose keys and values are 0."""
    import numpy as np
    import torch

    weight = torch.zeros(3 * heads * SMALL_HEAD, width)
    weight[0, 0] = UNUSED
    out = torch.full((width, heads * SMALL_HEAD), UNUSED)
    linear = [_linear(in_memory(weight)), _linear(in_memory(out))]
    return _layer(linear=linear, head_dim=np.int32(SMALL_HEAD), layer_norm=norm)


def _no_ffn(width: int, norm: LayerNormSpec | None) -> LayerSpec:
    """A feed-forward network that is shut by its bias; with a norm it has a residual, and passes its input."""
    import torch

    weight = torch.zeros(SMALL_HEAD, width)
    weight[0, 0] = UNUSED
    return _layer(
        linear_0=_linear(in_memory(weight), in_memory(torch.full((SMALL_HEAD,), SHUT))),
        linear_1=_linear(in_memory(torch.full((width, SMALL_HEAD), UNUSED))),
        layer_norm=norm,
    )


def _any_norm(width: int) -> LayerNormSpec:
    """Required by the structure, without effect."""
    import torch

    return _norm_of(torch.ones(width), torch.zeros(width))


def _norm_of(gamma: Tensor, beta: Tensor | None = None) -> LayerNormSpec:
    from ctranslate2.specs import common_spec

    spec = common_spec.LayerNormSpec(rms_norm=beta is None)
    set_norm(spec, in_memory(gamma), None if beta is None else in_memory(beta))
    return spec


def _linear(weight: Rows, bias: Rows | None = None) -> LinearSpec:
    from ctranslate2.specs import common_spec

    spec = common_spec.LinearSpec()
    set_linear(spec, weight, bias)
    return spec


def _computed(shape: tuple[int, ...], make: Callable[[], Tensor]) -> Rows:
    return computed(shape, "float32", make)


def _layer(**variables: Any) -> LayerSpec:
    """A layer with just these variables."""
    from ctranslate2.specs import model_spec

    class Layer(model_spec.LayerSpec):  # type: ignore[misc]
        def __init__(self) -> None:
            for name, value in variables.items():
                if value is not None:
                    setattr(self, name, value)

    return Layer()
