"""Groups of keys and values are merged after they have been turned towards each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
start = pytest.importorskip("training.start", reason="training/ is not beside the tests")
RECIPE = replace(
    start.Recipe(**vars(pytest.importorskip("training.recipe").SMOKE)), heads=4, kv_groups=1, head_dim=8, hidden=12
)


def pair_turn(*angles: float) -> torch.Tensor:
    """As rotary positions turn the first half; the other half by any orthogonal matrix."""
    turns = [torch.tensor([[a.cos(), -a.sin()], [a.sin(), a.cos()]]) for a in torch.tensor(angles)]
    other, _ = torch.linalg.qr(torch.randn(4, 4))
    return torch.block_diag(*turns, other)


def test_groups_that_differ_by_a_turn_alone_are_merged_without_any_loss() -> None:
    torch.manual_seed(0)
    columns = RECIPE.hidden + 1  # the bias is the last
    query, key, value = torch.randn(32, columns), torch.randn(8, columns), torch.randn(8, columns)
    dense = torch.randn(RECIPE.hidden, 32)
    key_turn, value_turn = pair_turn(0.3, -1.2), torch.linalg.qr(torch.randn(8, 8))[0]
    fused = torch.cat([query, key, key_turn @ key, value, value_turn @ value])

    new_query, new_key, new_value, new_dense = start.merged(fused, dense, RECIPE)

    assert torch.allclose(new_key, key, atol=1e-4)
    assert torch.allclose(new_value, value, atol=1e-4)
    for head, (old_key, old_value) in enumerate([(key, value)] * 2 + [(key_turn @ key, value_turn @ value)] * 2):
        rows = slice(head * 8, head * 8 + 8)
        assert torch.allclose(new_query[rows].T @ new_key, query[rows].T @ old_key, atol=1e-3)
        assert torch.allclose(new_dense[:, rows] @ new_value, dense[:, rows] @ old_value, atol=1e-3)
