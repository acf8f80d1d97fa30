"""Stop rules and filters, a small file each; `FILTERS` lists them in order.

A filter takes a draft and gives back one that is shorter, the same or indented otherwise, or raises `Silent` with the
reason in words.
"""

from engine.postprocess.confidence import shown_part
from engine.postprocess.draft import Draft, Silent, Surroundings
from engine.postprocess.filters import FILTERS, apply_filters
from engine.postprocess.stop import stop_rule

__all__ = ["FILTERS", "Draft", "Silent", "Surroundings", "apply_filters", "shown_part", "stop_rule"]
