"""The places a person types at, each with its frame. One thread at a time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from engine.completion.frame import Frame

MAX_FRAMES = 16
FRESH_SECONDS = 2.0  # a frame so young is not laid out anew in a pause
SAME_SHARE = 0.7  # of the references' tokens: fewer changed ones are not worth reading a prompt anew


@dataclass(frozen=True)
class _Laid:
    frame: Frame
    at: float
    told: Hashable


class Frames:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._laid: OrderedDict[Hashable, _Laid] = OrderedDict()

    def get(self, place: Hashable) -> Frame | None:
        if place not in self._laid:
            return None
        self._laid.move_to_end(place)
        return self._laid[place].frame

    def put(self, place: Hashable, frame: Frame, told: Hashable = None) -> None:
        """`told` is what the search was told beside the texts."""
        self._laid[place] = _Laid(frame, self._clock(), told)
        self._laid.move_to_end(place)
        while len(self._laid) > MAX_FRAMES:
            self._laid.popitem(last=False)

    def is_fresh(self, place: Hashable, told: Hashable = None) -> bool:
        """Laid out, or looked at, a moment ago, knowing what is `told` now."""
        laid = self._laid.get(place)
        return laid is not None and laid.told == told and self._clock() - laid.at < FRESH_SECONDS

    def touch(self, place: Hashable, told: Hashable = None) -> None:
        """Its references were compared with those of now, and still serve."""
        self._laid[place] = _Laid(self._laid[place].frame, self._clock(), told)


def shows_the_same(old: Frame, new: Frame) -> bool:
    """Whether most of what the new frame refers to is in the old one's prompts already."""
    known = {use.snippet.text for use in old.used}
    total = sum(use.tokens for use in new.used)
    return sum(use.tokens for use in new.used if use.snippet.text in known) >= SAME_SHARE * total
