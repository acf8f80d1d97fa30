"""What of a model's answer is shown, or why nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.languages import Language
from engine.model.folder import Confidence
from engine.postprocess import Draft, Silent, Surroundings, apply_filters, shown_part
from engine.types import Completion, CompletionSettings, Generated, Mode


@dataclass(frozen=True)
class Decider:
    """Decides what of answers in a document is shown: `weights` are the model's, `threshold` its own or the user's."""

    language: Language
    weights: Mapping[str, float]
    threshold: float

    @classmethod
    def of(cls, language: Language, confidence: Confidence, settings: CompletionSettings) -> Decider:
        return cls(language, confidence.weights, threshold_of(confidence, settings))

    def __call__(self, generated: Generated, mode: Mode, prefix: str, suffix: str) -> tuple[Completion | None, str]:
        return decide(generated, mode, Surroundings(prefix, suffix, self.language), self.weights, self.threshold)


def decide(
    generated: Generated, mode: Mode, place: Surroundings, weights: Mapping[str, float], threshold: float
) -> tuple[Completion | None, str]:
    """What of the model's answer is shown, with LF line ends; or None and the reason why nothing is.

    `weights` are those of the model's confidence, `threshold` the least that is shown.
    """
    if not generated.text.strip():
        return None, "the model has nothing to add here"
    shown = shown_part(generated, mode, threshold, place, weights)
    if not shown.text:
        return None, f"not sure enough: {shown.confidence:.2f}, and {threshold:.2f} is needed"
    try:
        draft = apply_filters(Draft(shown.text, place, mode))
    except Silent as why:
        return None, str(why)
    return Completion(draft.text, mode, shown.confidence), ""


def threshold_of(confidence: Confidence, settings: CompletionSettings) -> float:
    """The least confidence that is shown: the user's number, or the model's for what the user chose."""
    return confidence.threshold(settings.eagerness) if settings.confidence is None else settings.confidence
