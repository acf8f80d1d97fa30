"""One thing the model said, and what of it is right for the document as it is now."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.completion.cache.place import Place
from engine.completion.decide import Decider, Decision
from engine.document import Cursor
from engine.generated import Generated
from engine.postprocess import Draft, NothingToShow, Surroundings, apply_filters
from engine.text import indentation_of, with_lf
from engine.types import Completion, Mode, Outcome, Prompt

MAX_REJOINED_CHARS = 8  # deleted at the end of a word, that an answer behind them may bring back
WORD_END = re.compile(r"\w+$")
WORD_START = re.compile(r"\w*")
# Of an entry in memory, measured with tracemalloc: by itself, for each token and for each snippet of the receipt.
ENTRY_BYTES, TOKEN_BYTES, SNIPPET_BYTES = 1_300, 68, 230


@dataclass(eq=False)
class Entry:
    """An answer at a place. `rank` orders different answers at one place; 0 is the most probable one's.

    `shown` is what of it has been on the screen, as far as it ever went, counted from the place, and with what
    confidence: it stays on the screen while it is typed along, whatever a threshold says of the rest.
    """

    place: Place
    answer: Generated
    mode: Mode
    rank: int = 0
    receipt: Prompt | None = None
    shown: str = ""
    confidence: float = 0.0

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        texts = sum(len(line.text) for line in self.place.lines[:1]) + len(self.place.after) + len(self.answer.text)
        snippets = len(self.receipt.used) if self.receipt else 0
        return ENTRY_BYTES + texts + TOKEN_BYTES * len(self.answer.ends) + SNIPPET_BYTES * snippets

    def completion_at(self, place: Place, typed: str, cursor: Cursor, decider: Decider) -> Decision:
        """Return what is left to show after `typed`, with which the text before `cursor` ends.

        Returns (None, "") if this answer does not apply, (None, reason) if the model would add nothing.
        """
        fresh, silence = self._by_probability(place, typed, cursor, decider)
        kept = self._rest_of_shown(typed, cursor)
        found = fresh if fresh and (kept is None or fresh.text.startswith(kept.text)) else kept
        if found is None:
            return None, silence
        if len(typed) + len(found.text) > len(self.shown):
            self.shown, self.confidence = typed + found.text, found.confidence
        return found, ""

    def completion_with(self, deleted: str, cursor: Cursor, decider: Decider) -> Completion | None:
        """What was deleted in front of the place, and the answer: where both make a word that the document knows.

        Somebody who corrects a word would not want it back.
        """
        prefix = cursor.prefix
        if len(deleted) > MAX_REJOINED_CHARS or not deleted.isidentifier() or not WORD_END.search(prefix[-1:]):
            return None
        head, tail = WORD_END.search(prefix[-MAX_REJOINED_CHARS * 8 :]), WORD_START.match(self.answer.text)
        word = f"{head.group() if head else ''}{deleted}{tail.group() if tail else ''}"
        if not re.search(rf"\b{re.escape(word)}\b", prefix[-10_000:] + cursor.suffix[:10_000]):
            return None
        return decider.decide(self.answer.with_prefix(deleted), self.mode, cursor)[0]

    def _by_probability(self, place: Place, typed: str, cursor: Cursor, decider: Decider) -> Decision:
        """By the probability of what is left."""
        answer = self._as_typed(typed)
        if answer is None:
            return None, ""
        if typed and not answer.text[len(typed) :].strip():
            return None, ""  # all of it is there: what follows was never asked
        if "\n" in typed:  # which lines belong to the block is a matter of where it begins
            began = cursor.before_typing(typed)
            found, silence = decider.decide(answer.with_certain_start(len(typed)), self.mode, began)
            found = found and self._rest(found, typed, cursor)
        else:
            found, silence = decider.decide(answer.without_start(len(typed)), self.mode, cursor)
        same_place = (place.after, place.epoch) == (self.place.after, self.place.epoch)
        same_again = same_place and answer.has_end_at(len(typed)) and "\n" not in typed
        return found, silence if same_again else ""

    def _rest_of_shown(self, typed: str, cursor: Cursor) -> Completion | None:
        """What has been shown and is not yet typed."""
        if not self.shown.startswith(typed) or len(self.shown) <= len(typed):
            return None
        return self._rest(Completion(self.shown, self.mode, self.confidence), typed, cursor)

    def _rest(self, whole: Completion, typed: str, cursor: Cursor) -> Completion | None:
        """A completion at the place without what is typed of it, and without what the document has by now."""
        text, several_lines, line_goes_on = whole.text, "\n" in typed, cursor.line_after.strip()
        try:
            if several_lines:
                text = apply_filters(Draft(text, Surroundings(cursor.before_typing(typed)), self.mode)).text
            text = text[len(typed) :] if text.startswith(typed) else ""
            if line_goes_on or not several_lines:
                text = apply_filters(Draft(text, Surroundings(cursor), self.mode)).text
        except NothingToShow:
            return None
        return replace(whole, text=text) if text.strip() else None

    def _as_typed(self, typed: str) -> Generated | None:
        """The answer, where `typed` is its beginning; as the editor indented it, where that makes the difference."""
        if self.answer.text.startswith(typed):
            return self.answer
        last = typed.rpartition("\n")[2]
        base = indentation_of(self.place.line)
        first = next((line for line in typed.split("\n")[1:] if line.strip()), last)
        indent = indentation_of(first)
        step = indent.removeprefix(base)
        if "\n" not in typed or not step or not indent.startswith(base):
            return None
        moved = self.answer.with_indentation_step(base, step)
        return moved if moved.text.startswith(typed) else None


def make_entry(place: Place, outcome: Outcome, rank: int, *, on_screen: bool) -> Entry | None:
    """What to keep of a request's outcome; None where the model was not asked."""
    if outcome.generated is None or outcome.prompt is None:
        return None
    slim = replace(
        outcome.prompt,
        tokens=(),
        used=tuple(replace(use, snippet=replace(use.snippet, text="")) for use in outcome.prompt.used),
    )
    shown = outcome.completion if on_screen else None
    text = with_lf(shown.text) if shown else ""
    place = replace(place, lines=place.lines[:1])
    return Entry(place, outcome.generated, outcome.prompt.mode, rank, slim, text, shown.confidence if shown else 0.0)
