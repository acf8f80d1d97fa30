"""The unbiased estimate of pass@k (Chen et al., 2021, "Evaluating Large Language Models Trained on Code")."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

KS = (1, 10, 100)


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Return the probability that of `k` samples drawn from `samples`, of which `passed` pass, at least one does.

    Raises `ValueError` unless 0 <= passed <= samples and 1 <= k <= samples.
    """
    if not (0 <= passed <= samples and 1 <= k <= samples):
        raise ValueError(f"pass@{k} of {passed} passed in {samples} samples is undefined")
    return float(1 - Fraction(comb(samples - passed, k), comb(samples, k)))


def mean_pass_at_k(passed: Sequence[int], samples: int) -> dict[int, float]:
    """Return pass@k over problems with `samples` samples each, for each k of the benchmark that is possible."""
    return {k: sum(pass_at_k(samples, p, k) for p in passed) / len(passed) for k in KS if k <= samples and passed}
