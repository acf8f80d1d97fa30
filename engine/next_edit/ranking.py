"""How probable it is that a candidate is right: a logistic regression for each kind, over the signals of its source.

`benchmarks/next_edit_fit.py` fits the weights to replayed commits. A weight's sign is given, so that no signal counts
against what it means. Kinds that too few commits have are given a weight by hand, in `BY_HAND`.
"""

from __future__ import annotations

import json
import math
from functools import cache
from importlib import resources

from engine.next_edit.values import Candidate
from engine.types import Eagerness

WEIGHTS = "weights.json"
BIAS = "bias"
# A proposal less probable than this is not shown.
THRESHOLDS = {Eagerness.FEW: 0.8, Eagerness.BALANCED: 0.65, Eagerness.MANY: 0.5}
BY_HAND = {"declaration": 1.0, "signature": 0.6}  # log-odds
# Added for signals that replayed commits cannot show: lines that are changed one by one hide that a name declared in a
# function was renamed before any use of it was.
ADDED_BY_HAND = {"certain": 1.5, "orphaned": 3.0, "echo": 1.5, "diagnosed": 2.0}


@cache
def weights() -> dict[str, dict[str, float]]:
    """Return the weights of each kind's signals."""
    loaded: dict[str, dict[str, float]] = json.loads(resources.files(__package__).joinpath(WEIGHTS).read_text("utf-8"))
    return loaded


def probability(candidate: Candidate) -> float:
    """Return how probable it is that the user would make this change next or later."""
    own = weights().get(candidate.kind)
    if own is None:
        score = BY_HAND.get(candidate.kind, -10.0)
    else:
        signals = candidate.signals
        score = own[BIAS] + sum(weight * signals.get(name, 0.0) for name, weight in own.items() if name != BIAS)
    score += offset(candidate)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def offset(candidate: Candidate) -> float:
    """Return the log-odds that are added by hand."""
    return sum(weight * candidate.signals.get(name, 0.0) for name, weight in ADDED_BY_HAND.items())
