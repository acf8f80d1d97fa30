"""Decides what of a model's answer is shown: every way to a suggestion goes through here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.document import Cursor
from engine.generated import Generated
from engine.model.folder import Confidence
from engine.postprocess import Draft, NothingToShow, Surroundings, apply_filters, find_likely_part
from engine.types import Completion, CompletionSettings, Mode

# What is shown, with LF line ends; or None and the reason why nothing is.
Decision = tuple[Completion | None, str]


@dataclass(frozen=True)
class Decider:
    """Decides by a model's weights and a threshold."""

    weights: Mapping[str, float]  # of the model's confidence
    threshold: float  # the least confidence that is shown: the model's own, or the user's

    @classmethod
    def of(cls, confidence: Confidence, settings: CompletionSettings) -> Decider:
        """Return the decider for a model of this confidence and a user's settings."""
        chosen = settings.confidence
        return cls(confidence.weights, confidence.threshold(settings.eagerness) if chosen is None else chosen)

    def decide(self, generated: Generated, mode: Mode, cursor: Cursor) -> Decision:
        """Return what of the answer is shown, with LF line ends; or None and the reason why nothing is."""
        if not generated.text.strip():
            return None, "the model has nothing to add here"
        shown = find_likely_part(generated, mode, self.threshold, cursor, self.weights)
        if not shown.text:
            return None, f"confidence {shown.confidence:.2f} is below the threshold {self.threshold:.2f}"
        try:
            draft = apply_filters(Draft(shown.text, Surroundings(cursor), mode))
        except NothingToShow as why:
            return None, str(why)
        return Completion(draft.text, mode, shown.confidence), ""
