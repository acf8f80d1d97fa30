"""The frames of the places where the user types."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from engine.completion.frame import Frame

MAX_FRAMES = 16
FRESH_SECONDS = 2.0  # a younger frame is not laid out again in a pause
SAME_SHARE = 0.7  # of the references' tokens: if no more than the rest has changed, the prompt is not read again


@dataclass(frozen=True)
class StoredFrame:
    """A frame, and what it was laid out or confirmed with."""

    frame: Frame
    at: float  # by the clock, in seconds
    definitions: Hashable
    changes: Hashable  # of the workspaces, when its references were last known to be showable


class Frames:
    """Frames by place; those not used for longest are dropped. One thread at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._frames: OrderedDict[Hashable, StoredFrame] = OrderedDict()

    def get(self, place: Hashable) -> Frame | None:
        if place not in self._frames:
            return None
        self._frames.move_to_end(place)
        return self._frames[place].frame

    def changes(self, place: Hashable) -> Hashable:
        """Return the state of the workspaces in which the references of a place were last known to be showable."""
        return self._frames[place].changes

    def drop(self, place: Hashable) -> None:
        """Forget a place."""
        self._frames.pop(place, None)

    def confirm(self, place: Hashable, changes: Hashable) -> None:
        """Note that the references of a place may still be shown."""
        self._frames[place] = replace(self._frames[place], changes=changes)

    def put(self, place: Hashable, frame: Frame, definitions: Hashable = None, changes: Hashable = None) -> None:
        """Keep the frame of a place. `definitions` are those that the search knew, `changes` those it had seen."""
        self._frames[place] = StoredFrame(frame, self._clock(), definitions, changes)
        self._frames.move_to_end(place)
        while len(self._frames) > MAX_FRAMES:
            self._frames.popitem(last=False)

    def is_fresh(self, place: Hashable, definitions: Hashable = None) -> bool:
        """True if the place was laid out, or confirmed, a moment ago with these definitions."""
        stored = self._frames.get(place)
        return stored is not None and stored.definitions == definitions and self._clock() - stored.at < FRESH_SECONDS

    def touch(self, place: Hashable, definitions: Hashable = None) -> None:
        """Confirm a frame: its references were compared with the best ones now, and still serve."""
        self._frames[place] = replace(self._frames[place], at=self._clock(), definitions=definitions)


def has_same_references(old: Frame, new: Frame) -> bool:
    """True if most of what the new frame refers to is in the old one's prompts already."""
    known = {use.snippet.text for use in old.used}
    total = sum(use.tokens for use in new.used)
    return sum(use.tokens for use in new.used if use.snippet.text in known) >= SAME_SHARE * total
