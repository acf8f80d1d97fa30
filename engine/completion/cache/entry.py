"""One answer of the model, and what of it applies to the document as it is now."""

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

MAX_REJOINED_CHARS = 8  # deleted at the end of a word, that an answer after them may bring back
WORD_END = re.compile(r"\w+$")
WORD_START = re.compile(r"\w*")
# Of an entry in memory, measured with tracemalloc: itself, each token, and each snippet of the receipt.
ENTRY_BYTES, TOKEN_BYTES, SNIPPET_BYTES = 1_300, 68, 230


@dataclass(eq=False)
class Entry:
    """An answer at a place."""

    place: Place
    answer: Generated
    mode: Mode
    rank: int = 0  # among the different answers at one place; the most probable one has 0
    receipt: Prompt | None = None
    # The longest text of it that was on the screen, counted from the place. It stays on the screen while it is typed,
    # whatever the threshold says of the rest.
    shown: str = ""
    confidence: float = 0.0  # of what was shown

    @property
    def size(self) -> int:
        """The approximate size in bytes."""
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
        """Return what was deleted before the place, and the answer, if both make a word that the document has.

        A user who corrects a word would not want it back.
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
        """Return what is left to show, decided by its probability."""
        answer = self._as_typed(typed)
        if answer is None:
            return None, ""
        if typed and not answer.text[len(typed) :].strip():
            return None, ""  # all of it is typed: what follows was not requested
        if "\n" in typed:  # which lines belong to the block depends on where it begins
            began = cursor.before_typing(typed)
            found, silence = decider.decide(answer.with_certain_start(len(typed)), self.mode, began)
            found = found and self._rest(found, typed, cursor)
        else:
            found, silence = decider.decide(answer.without_start(len(typed)), self.mode, cursor)
        same_place = (place.after, place.epoch) == (self.place.after, self.place.epoch)
        is_certain = same_place and answer.has_end_at(len(typed)) and "\n" not in typed
        return found, silence if is_certain else ""

    def _rest_of_shown(self, typed: str, cursor: Cursor) -> Completion | None:
        """Return what was shown and is not typed yet."""
        if not self.shown.startswith(typed) or len(self.shown) <= len(typed):
            return None
        return self._rest(Completion(self.shown, self.mode, self.confidence), typed, cursor)

    def _rest(self, whole: Completion, typed: str, cursor: Cursor) -> Completion | None:
        """Return a completion of the place without what is typed of it, and without what the document has by now."""
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
        """Return the answer if it begins with `typed`, maybe as the editor has indented it; else None."""
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
    """Return what to keep of a request's outcome; None if the model was not asked."""
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
