"""CodeGeeX-13B's top-query layer, built from stock CTranslate2 layers.

After its ordinary layers the published model applies the final LayerNorm *in place of* the residual stream, then a
layer whose queries are an embedding of the position, not of the token (Zheng et al. 2023, section 2.2). CTranslate2 has
no such layer; seven stock ones together are equivalent to it.

Two things make this possible. CTranslate2 infers the structure of each layer from the variables it finds, and an
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
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.families.position_slots import SLOT, STEEP, Slots, first_position, position_code
from engine.convert.families.stock_layers import (
    SMALL_HEAD,
    any_norm,
    float_rows,
    layer_of,
    linear,
    no_attention,
    no_ffn,
    norm_of,
    self_attention_only,
)
from engine.convert.tensors import Rows, rows_of

if TYPE_CHECKING:
    from ctranslate2.specs.model_spec import LayerSpec
    from ctranslate2.specs.transformer_spec import FeedForwardSpec
    from torch import Tensor

NORM_SCALE = 2.0**40  # M


@dataclass(frozen=True)
class TopQuery:
    """The checkpoint's top-query layer; pairs are (weight, bias), `queries` is [positions, width]."""

    final_norm: tuple[Rows, Rows]
    queries: Rows
    norm: tuple[Rows, Rows]
    query: tuple[Rows, Rows]
    key: tuple[Rows, Rows]
    value: tuple[Rows, Rows]
    dense: tuple[Rows, Rows]
    ffn: FeedForwardSpec


def top_query_layers(top: TopQuery, heads: int) -> list[LayerSpec]:
    """Return seven layers that are together equivalent to the published final norm and top-query layer."""
    positions, width = top.queries.shape
    slots = Slots(width, positions)
    gamma, beta = (rows.whole().float() for rows in top.final_norm)
    # The typical size of the normed activations; it only scales what would otherwise lose precision.
    typical = math.sqrt(float(gamma.pow(2).mean() + beta.var(unbiased=False)))
    return [
        *_norm_as_residual(gamma * slots.tau, beta * slots.tau, heads),
        _widen(slots, heads),
        first_position(slots, heads),
        position_code(slots, heads, typical),
        _top_query(top, slots, heads, typical),
        _narrow(top, slots, heads),
    ]


def _norm_as_residual(gamma: Tensor, beta: Tensor, heads: int) -> list[LayerSpec]:
    """Return S1 and S2."""
    import numpy as np
    import torch

    width = len(gamma)
    zeros = torch.zeros(width)
    first = layer_of(
        self_attention=no_attention(width, heads, any_norm(width)),
        input_layer_norm=norm_of(NORM_SCALE * gamma, NORM_SCALE * beta),
        ffn=no_ffn(width, None),
    )
    second = layer_of(
        self_attention=no_attention(width, heads, None),
        input_layer_norm=any_norm(width),
        post_attention_layer_norm=norm_of(zeros, zeros),
        pre_feedforward_layer_norm=any_norm(width),
        post_feedforward_layer_norm=norm_of(zeros, zeros),
        ffn=no_ffn(width, None),
        layer_scalar=np.float32(1.0 / NORM_SCALE),
    )
    return [first, second]


def _widen(slots: Slots, heads: int) -> LayerSpec:
    """Return E."""
    import torch

    width, total = slots.width, slots.total

    def out() -> Tensor:
        made = torch.full((total, width), 1.0 / width)
        made[:width] = torch.eye(width)
        return made

    bias = torch.zeros(total)
    bias[slots.plus], bias[slots.plus + 1] = SLOT, -SLOT
    copy = self_attention_only(
        width, lambda: torch.eye(width), float_rows((total, width), out), rows_of(bias), heads, width
    )
    return layer_of(self_attention=copy, ffn=no_ffn(total, any_norm(total)))


def _top_query(top: TopQuery, slots: Slots, heads: int, typical: float) -> LayerSpec:
    """Return T."""
    import numpy as np
    import torch

    width, places, total, tau = slots.width, slots.positions, slots.total, slots.tau
    own = width // heads
    head = own + SMALL_HEAD
    weight, offset = (rows.whole().float() for rows in top.query)
    queries = (top.queries.whole().float() @ weight.T + offset).view(places, heads, own)
    del weight
    # One more channel makes every query as long as the longest.
    longest = float(queries.pow(2).sum(-1).max()) * 1.01 + 1e-3
    filler = (longest - queries.pow(2).sum(-1)).clamp_min(0).sqrt()

    def project() -> Tensor:
        made = torch.zeros(3, heads, head, total)
        one_hot = made[0, :, :, slots.one_hot : slots.one_hot_sum]
        one_hot[:, :own] = queries.permute(1, 2, 0)
        one_hot[:, own] = filler.T
        one_hot *= STEEP / math.sqrt(longest / head)
        # The rounding error that all empty slots share must not add up.
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
    attention = layer_of(
        layer_norm=norm_of(gamma, beta),
        linear=[
            linear(float_rows((3 * heads * head, total), project), rows_of(bias.reshape(-1))),
            linear(float_rows((total, heads * head), out), rows_of(out_bias)),
        ],
        head_dim=np.int32(head),
        queries_scale=np.float32(own**-0.5),
        q_norm=norm_of(torch.full((head,), math.sqrt(longest / head))),
    )
    return layer_of(self_attention=attention, ffn=no_ffn(total, any_norm(total)))


def _narrow(top: TopQuery, slots: Slots, heads: int) -> LayerSpec:
    """Return C."""
    import torch

    width, total = slots.width, slots.total

    def cut() -> Tensor:
        made = torch.zeros(width, total)
        made[:, :width] = torch.eye(width) / slots.tau
        return made

    own_out = float_rows((width, width), lambda: torch.eye(width))
    return layer_of(self_attention=self_attention_only(width, cut, own_out, None, heads, total), ffn=top.ffn)
