from __future__ import annotations

from itertools import combinations

import pytest

from engine.evaluate.humaneval_x.pass_at_k import mean_pass_at_k, pass_at_k


@pytest.mark.parametrize(("samples", "passed", "k"), [(5, 2, 1), (6, 2, 3), (10, 1, 10), (7, 0, 3), (4, 4, 2)])
def test_it_is_the_share_of_draws_with_one_that_passes(samples: int, passed: int, k: int) -> None:
    draws = list(combinations([True] * passed + [False] * (samples - passed), k))
    assert pass_at_k(samples, passed, k) == pytest.approx(sum(any(draw) for draw in draws) / len(draws))


def test_large_counts_stay_exact() -> None:
    assert pass_at_k(200, 1, 100) == 0.5
    assert pass_at_k(10_000, 1, 1) == 0.0001


@pytest.mark.parametrize(("samples", "passed", "k"), [(3, 1, 4), (3, 4, 1), (0, 0, 1), (3, 1, 0)])
def test_what_is_undefined_is_refused(samples: int, passed: int, k: int) -> None:
    with pytest.raises(ValueError, match="undefined"):
        pass_at_k(samples, passed, k)


def test_the_mean_is_over_problems_for_the_ks_there_are_samples_for() -> None:
    assert mean_pass_at_k([10, 0, 5], 10) == {1: 0.5, 10: pytest.approx(2 / 3)}
    assert mean_pass_at_k([1, 0], 1) == {1: 0.5}
    assert mean_pass_at_k([], 1) == {}
