"""What a comparison must not overlook."""

from __future__ import annotations

import math

import pytest
import torch

from engine.convert.parity import RELATIVE_TOLERANCE, TOLERANCE, _Tally


def holds(found: torch.Tensor, expected: torch.Tensor) -> bool:
    tally = _Tally()
    tally.add(found, expected)
    return tally.parity([[0]], 1).holds


def test_a_large_activation_excuses_itself_but_no_other_token() -> None:
    expected = torch.tensor([[1e4, 1.0], [1.0, 1.0]])
    within = RELATIVE_TOLERANCE * 1e4 / 2
    assert holds(expected + torch.tensor([[0.0, within], [0.0, TOLERANCE / 2]]), expected)
    assert not holds(expected + torch.tensor([[0.0, 0.0], [0.0, within]]), expected)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_agrees(value: float) -> None:
    right, wrong = torch.ones(2, 2), torch.ones(2, 2)
    wrong[1, 0] = value
    assert holds(right, right)
    assert not holds(wrong, right)
    assert not holds(right, wrong)
    assert not holds(wrong, wrong)
