"""How often something is shown, and how often what is shown is right, over all thresholds at once.

The model is asked once for each position. Every threshold is then tried on its answer by `engine.completion.decide`,
the function that decides for a keystroke.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from engine.completion.decide import Decider
from engine.completion.pipeline import Completer
from engine.context.collect import Workspaces
from engine.evaluate.positions import Position
from engine.generated import Generated
from engine.model.protocol import LanguageModel
from engine.postprocess.confidence import Estimator, cut_points
from engine.text import is_word_character
from engine.types import CancellationToken, CompletionSettings, Mode

NO_WEIGHTS: Mapping[str, float] = MappingProxyType({})  # the model's own probabilities
MIN_SHOWN = 20  # suggestions, for a share of them to be meaningful


@dataclass(frozen=True)
class ModelAnswer:
    """A model's answer at a position."""

    position: Position
    generated: Generated
    mode: Mode


@dataclass(frozen=True)
class Score:
    """Shares of positions at one threshold.

    `exact`: of the shown, those that are the true text from the cursor to the line's end (or, over several lines, to a
    line's end). `right`: of the shown, those that agree with the true text to their own end, and do not end within one
    of its words. `mean_chars` is the mean length of the shown.
    """

    threshold: float
    shown: float
    exact: float
    right: float
    mean_chars: float
    right_chars: float


def collect_answers(
    model: LanguageModel,
    positions: Iterable[Position],
    workspaces: Workspaces = MappingProxyType({}),
    *,
    use_context: bool = True,
) -> list[ModelAnswer]:
    """Return the model's answer at each position; `workspaces` are the indexes of the positions' projects."""
    answers = []
    for position in positions:
        settings = CompletionSettings(confidence=0.0, use_context=use_context)
        outcome = Completer(model, settings, workspaces).complete(position.request, CancellationToken())
        if outcome.generated and outcome.prompt:
            answers.append(ModelAnswer(position, outcome.generated, outcome.prompt.mode))
    return answers


def score(
    answers: Sequence[ModelAnswer],
    threshold: float,
    weights: Mapping[str, float] = NO_WEIGHTS,
    *,
    whole_only: bool = False,
) -> Score:
    """Return the score at a threshold. `whole_only` scores a stricter way than ours: whole answers or none, never
    cut.
    """
    shown = exact = right = chars = right_chars = 0
    for answer in answers:
        truth = answer.position.rest_of_line + answer.position.lines_below
        cursor = answer.position.request.cursor
        if whole_only:
            *_, whole = (None, *cut_points(answer.generated, answer.mode))
            if (
                whole is None
                or not whole.ended
                or Estimator(cursor, answer.mode, weights).probability(whole) < threshold
            ):
                continue
        decider = Decider(weights, 0.0 if whole_only else threshold)
        completion, _ = decider.decide(answer.generated, answer.mode, cursor)
        if completion is None:
            continue
        shown += 1
        chars += len(completion.text)
        if is_right(completion.text, truth):
            right += 1
            right_chars += len(completion.text)
            # Whole lines only: what follows in the true text is a line end (trailing blanks do not count).
            exact += not truth[len(completion.text) :].partition("\n")[0].strip()
    count, of = len(answers), max(1, shown)
    return Score(threshold, shown / count, exact / of, right / of, chars / of, right_chars / count)


def is_right(text: str, truth: str) -> bool:
    """True if `text` agrees with the true text to its own end, and does not end within one of its words."""
    goes_on = truth[len(text) : len(text) + 1]
    ends_a_word = not is_word_character(text[-1:]) or not is_word_character(goes_on)
    return truth.startswith(text) and ends_a_word


def calibrate(
    answers: Sequence[ModelAnswer],
    least_right: float,
    thresholds: Sequence[float],
    weights: Mapping[str, float] = NO_WEIGHTS,
) -> Score:
    """Return the score at the lowest threshold at which `right` reaches `least_right`, or at the highest if none does.

    A threshold at which next to nothing is shown proves nothing and is skipped.
    """
    scores = [score(answers, threshold, weights) for threshold in thresholds]
    enough = MIN_SHOWN / max(1, len(answers))
    return next((s for s in scores if s.right >= least_right and s.shown >= enough), scores[-1])
