"""From key to key: what a place's prompts refer to stays, until a pause brings it up to date."""

from __future__ import annotations

from dataclasses import replace

from engine.completion.frames import FRESH_SECONDS, Frames
from engine.completion.pipeline import Completer
from engine.types import CancellationToken, CompletionSettings, Location
from tests.scripted import ScriptedModel, at_cursor

PAINT = "def paint(frame, wheels):\n    return frame\n"
RIDE = "def ride(frame, road):\n    return road\n"
PAGE = "import paint\nimport ride\n\n\ndef use(frame):\n    <cursor>\n"


class Typing:
    """Keys and pauses in one document next to others, by the clock's time."""

    def __init__(self, **others: str) -> None:
        self.model, self.now, self.others = ScriptedModel("frame)"), 0.0, others
        self.completer = Completer(self.model, CompletionSettings(), frames=Frames(clock=lambda: self.now))
        self.definitions: tuple[Location, ...] = ()

    def key(self, typed: str) -> str:
        """The prompt for it."""
        request = at_cursor(PAGE.replace("<cursor>", f"{typed}<cursor>"), **self.others)
        self.completer.complete(request, CancellationToken())
        return self.model.prompts[-1]

    def pause(self, typed: str) -> None:
        self.now += FRESH_SECONDS
        request = at_cursor(PAGE.replace("<cursor>", f"{typed}<cursor>"), **self.others)
        self.completer.refresh(replace(request, definitions=self.definitions), CancellationToken())


def test_the_next_key_only_appends() -> None:
    user = Typing(paint_dot_py=PAINT)
    first = user.key("p")
    user.others = {"ride_dot_py": RIDE}
    second = user.key("paint(")
    assert "def paint" in second
    assert second == first.replace("    p<|code_middle|>", "    paint(<|code_middle|>")


def test_a_pause_brings_references_up_to_date_and_has_them_read_ahead() -> None:
    user = Typing(paint_dot_py=PAINT)
    user.key("ri")
    user.others = {"ride_dot_py": RIDE}
    user.pause("ride(")
    assert "def ride" in user.model.prompts[-1]
    before = len(user.model.prompts)
    assert "def ride" in user.key("ride(f")
    assert len(user.model.prompts) == before + 1


def test_a_pause_with_nothing_new_asks_nobody() -> None:
    user = Typing(paint_dot_py=PAINT)
    user.key("paint(")
    user.pause("paint(f")
    assert len(user.model.prompts) == 1


def test_two_pauses_in_a_row_search_once() -> None:
    user = Typing(paint_dot_py=PAINT)
    user.key("ri")
    user.pause("ri")
    user.others = {"ride_dot_py": RIDE}
    user.now -= FRESH_SECONDS
    user.pause("ride(")
    assert len(user.model.prompts) == 1


def test_a_pause_in_which_the_editor_says_what_a_name_is_searches_at_once() -> None:
    user = Typing(paint_dot_py=PAINT)
    user.key("ri")
    user.others = {"ride_dot_py": RIDE}
    user.now -= FRESH_SECONDS
    user.definitions = (Location("ride.py", 0),)
    user.pause("ride(")
    assert "def ride" in user.model.prompts[-1]
