"""Initial weights for a training: those of a model folder of the same shape, its KV groups merged into fewer.

Groups are merged as in https://arxiv.org/abs/2305.13245, by their mean; but they are rotated towards each other first,
as in https://arxiv.org/abs/2412.20677: a rotation of a group's values that its heads' output matrix undoes, and one of
its keys that its heads' queries undo, changes nothing in the model's output.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from engine.convert.model_bin import float_weight, read_variables
from training.model import Glm, Layer
from training.recipe import Recipe


@torch.no_grad()
def start_from(folder: Path, model: Glm) -> None:
    """Set `model` to the weights in `folder`, in float32 as its int8 represents them. Raises if the shapes differ."""
    variables = read_variables(folder / "model.bin")

    def weight(name: str) -> Tensor:
        return torch.from_numpy(float_weight(variables, f"decoder/{name}").copy())

    model.embedding.weight.copy_(weight("embeddings/weight"))
    model.final_norm.weight.copy_(weight("layer_norm/gamma"))
    for index, layer in enumerate(model.layers):
        assert isinstance(layer, Layer)
        attention, mlp = f"layer_{index}/self_attention", f"layer_{index}/ffn"
        layer.input_norm.weight.copy_(weight(f"{attention}/layer_norm/gamma"))
        layer.post_norm.weight.copy_(weight(f"{mlp}/layer_norm/gamma"))
        layer.gate.weight.copy_(weight(f"{mlp}/linear_0/weight"))
        layer.up.weight.copy_(weight(f"{mlp}/linear_0_noact/weight"))
        layer.down.weight.copy_(weight(f"{mlp}/linear_1/weight"))
        fused = torch.cat([weight(f"{attention}/linear_0/weight"), weight(f"{attention}/linear_0/bias")[:, None]], 1)
        query, key, value, dense = merged(fused, weight(f"{attention}/linear_1/weight"), model.recipe)
        for into, rows in ((layer.query, query), (layer.key, key), (layer.value, value)):
            into.weight.copy_(rows[:, :-1])
            into.bias.copy_(rows[:, -1])
        layer.dense.weight.copy_(dense)


def merged(fused: Tensor, dense: Tensor, r: Recipe) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return queries, keys and values (the bias as the last column) and the output matrix, with `r.kv_groups`
    groups.
    """
    old = (len(fused) // r.head_dim - r.heads) // 2
    sizes = [r.heads * r.head_dim, old * r.head_dim, old * r.head_dim]
    query, key, value = (part.unflatten(0, (-1, r.head_dim)).clone() for part in fused.split(sizes))
    out = dense.unflatten(1, (r.heads, r.head_dim)).clone()
    sharing, heads = old // r.kv_groups, r.heads // old
    for group in range(old):
        first = group - group % sharing
        of_group = slice(group * heads, (group + 1) * heads)
        turn = closest_turn(value[group], value[first])
        value[group] = turn @ value[group]
        out[:, of_group] = out[:, of_group] @ turn.T
        turn = closest_key_turn(key[group], key[first])
        key[group] = turn @ key[group]
        query[of_group] = turn @ query[of_group]
    key, value = (each.unflatten(0, (r.kv_groups, sharing)).mean(1).flatten(0, 1) for each in (key, value))
    return query.flatten(0, 1), key, value, out.flatten(1, 2)


def closest_turn(rows: Tensor, to: Tensor) -> Tensor:
    """Return the orthogonal matrix that brings `rows` closest to `to` (Procrustes)."""
    u, _, v = torch.linalg.svd(to @ rows.T)
    return u @ v


def closest_key_turn(rows: Tensor, to: Tensor) -> Tensor:
    """Return the same among rotations that commute with rotary positions: in each pair of the first half, by an
    angle.
    """
    half = len(rows) // 2
    turn = torch.eye(len(rows))
    for at in range(0, half, 2):
        a, b = rows[at : at + 2], to[at : at + 2]
        angle = torch.atan2((a[0] @ b[1]) - (a[1] @ b[0]), (a[0] @ b[0]) + (a[1] @ b[1]))
        turn[at : at + 2, at : at + 2] = torch.tensor([[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]])
    turn[half:, half:] = closest_turn(rows[half:], to[half:])
    return turn
