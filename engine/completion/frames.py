"""The places a person types at, each with its frame. One thread at a time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from engine.completion.frame import Frame

MAX_FRAMES = 16
FRESH_SECONDS = 2.0  # a frame so young is not stored out anew in a pause
SAME_SHARE = 0.7  # of the references' tokens: fewer changed ones are not worth reading a prompt anew


@dataclass(frozen=True)
class StoredFrame:
    frame: Frame
    at: float
    definitions: Hashable


class Frames:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._frames: OrderedDict[Hashable, StoredFrame] = OrderedDict()

    def get(self, place: Hashable) -> Frame | None:
        if place not in self._frames:
            return None
        self._frames.move_to_end(place)
        return self._frames[place].frame

    def put(self, place: Hashable, frame: Frame, definitions: Hashable = None) -> None:
        """`definitions` is what the search was definitions beside the texts."""
        self._frames[place] = StoredFrame(frame, self._clock(), definitions)
        self._frames.move_to_end(place)
        while len(self._frames) > MAX_FRAMES:
            self._frames.popitem(last=False)

    def is_fresh(self, place: Hashable, definitions: Hashable = None) -> bool:
        """Laid out, or looked at, a moment ago, knowing what is `definitions` now."""
        stored = self._frames.get(place)
        return stored is not None and stored.definitions == definitions and self._clock() - stored.at < FRESH_SECONDS

    def touch(self, place: Hashable, definitions: Hashable = None) -> None:
        """Its references were compared with those of now, and still serve."""
        self._frames[place] = StoredFrame(self._frames[place].frame, self._clock(), definitions)


def has_same_references(old: Frame, new: Frame) -> bool:
    """Whether most of what the new frame refers to is in the old one's prompts already."""
    known = {use.snippet.text for use in old.used}
    total = sum(use.tokens for use in new.used)
    return sum(use.tokens for use in new.used if use.snippet.text in known) >= SAME_SHARE * total
