"""Simulates a user who types lines of real files and accepts every right suggestion: how many keys that saves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType

from engine.completion.pipeline import Completer
from engine.context.collect import Workspaces
from engine.evaluate.positions import Position
from engine.model.protocol import LanguageModel
from engine.types import CancellationToken, CompletionSettings


@dataclass(frozen=True)
class TypingTotals:
    """`keys` counts one for each character typed, and one (Tab) for each suggestion accepted. `wrong` counts
    suggestions that were ignored.
    """

    chars: int
    keys: int
    accepted: int
    wrong: int

    def __add__(self, other: TypingTotals) -> TypingTotals:
        return TypingTotals(
            self.chars + other.chars,
            self.keys + other.keys,
            self.accepted + other.accepted,
            self.wrong + other.wrong,
        )

    @property
    def saved_per_1000(self) -> float:
        return 1000 * (self.chars - self.keys) / max(1, self.chars)


def type_lines(
    model: LanguageModel,
    positions: Iterable[Position],
    settings: CompletionSettings,
    workspaces: Workspaces = MappingProxyType({}),
) -> TypingTotals:
    """Type the rest of each position's line. A suggestion is accepted if all of it agrees with the true text."""
    completer = Completer(model, settings, workspaces)
    chars = keys = accepted = wrong = 0
    for position in positions:
        left = position.rest_of_line
        request = position.request
        chars += len(left)
        while left:
            outcome = completer.complete(request, CancellationToken())
            text = outcome.completion.text.partition("\n")[0] if outcome.completion else ""
            if text and left.startswith(text):
                accepted += 1
            else:
                wrong += bool(text)
                text = left[0]
            keys += 1
            left = left[len(text) :]
            request = replace(request, cursor=request.cursor.after_typing(text))
    return TypingTotals(chars, keys, accepted, wrong)
