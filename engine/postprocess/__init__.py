"""Stop rules and filters, a small file each; `FILTERS` lists the filters in order.

A filter takes a draft and returns one that is shorter, the same or indented differently, or raises `NothingToShow` with
the reason in words.
"""

from engine.postprocess.confidence import find_likely_part
from engine.postprocess.draft import Draft, NothingToShow, Surroundings
from engine.postprocess.filters import FILTERS, apply_filters
from engine.postprocess.stop import stop_rule

__all__ = ["FILTERS", "Draft", "NothingToShow", "Surroundings", "apply_filters", "find_likely_part", "stop_rule"]
