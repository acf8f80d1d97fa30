"""Several different completions of one place, for a person who asks for them.

The first is what the model finds most probable. While it is decoded, the model also says what could have stood in the
place of each token. The others begin as the first does, take the most probable turn, and go on from there: different
by construction, none drawn by lot, and each costs the reading of a few tokens behind what the first has read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

from engine.completion.frames import Frames
from engine.completion.gap import Gap, gap_of
from engine.completion.pipeline import complete, finish
from engine.context.collect import Workspaces
from engine.model.protocol import LanguageModel, Question
from engine.postprocess import stop_rule
from engine.types import CancellationToken, CompletionRequest, CompletionSettings, Generated, Outcome

TURNS = 3  # other tokens that are looked at in each place


@dataclass(frozen=True)
class Turn:
    """Where an answer could have gone another way: `token` in the place of the one at `index`."""

    index: int
    token: int
    log_prob: float
    probability: float  # of the answer up to and with it


def complete_candidates(
    request: CompletionRequest,
    model: LanguageModel,
    settings: CompletionSettings,
    cancellation: CancellationToken,
    workspaces: Workspaces = MappingProxyType({}),
    frames: Frames | None = None,
    *,
    count: int,
    on_candidate: Callable[[Outcome], None],
) -> None:
    """Tells at most `count` outcomes with different texts, the most probable first, each as soon as it is there.

    Who asks is shown what there is: no confidence is needed. Where there is nothing, one outcome says why. Raises as
    `engine.completion.pipeline.complete` does.
    """
    settings = replace(settings, confidence=0.0)
    others = [TURNS] * settings.max_new_tokens
    first = complete(request, model, settings, cancellation, workspaces, frames, others=others)
    on_candidate(first)
    if first.generated is None or first.prompt is None:
        return
    gap = gap_of(request, model, settings)
    told = {first.completion.text} if first.completion else set()
    for turn in turns(first.generated, model.tokenizer.decode):
        if len(told) >= count:
            return
        generated = _taken(turn, first, gap, model, cancellation, frames)
        completion, silence = finish(generated, gap, model, settings)
        if completion is not None and completion.text not in told:
            told.add(completion.text)
            on_candidate(Outcome(completion, silence, first.prompt, generated, first.snippets))


def turns(generated: Generated, decode: Callable[[list[int]], str]) -> list[Turn]:
    """The turns an answer could have taken, the most probable first; none that differs in white space alone."""
    found = []
    so_far = 0.0
    for index, (token, log_prob) in enumerate(zip(generated.tokens, generated.log_probs, strict=True)):
        said = decode([token]).strip()
        others = generated.others[index] if generated.others else ()
        found += [
            Turn(index, other, other_log_prob, math.exp(so_far + other_log_prob))
            for other, other_log_prob in others
            if decode([other]).strip() not in {"", said}
        ]
        so_far += log_prob
    return sorted(found, key=lambda turn: (-turn.probability, turn.index, turn.token))


def _taken(
    turn: Turn,
    first: Outcome,
    gap: Gap,
    model: LanguageModel,
    cancellation: CancellationToken,
    frames: Frames | None,
) -> Generated:
    """The answer that takes this turn."""
    said, prompt = first.generated, first.prompt
    assert said is not None  # noqa: S101 - the caller has looked
    assert prompt is not None  # noqa: S101
    begun = [*said.tokens[: turn.index], turn.token]
    before = model.tokenizer.decode(begun)
    stop = stop_rule(gap.mode, gap.prefix, gap.suffix)
    ends = (*said.ends[: turn.index], len(before))
    log_probs = (*said.log_probs[: turn.index], turn.log_prob)
    left = gap.new_tokens - len(begun)
    if left < 1 or stop(before):
        return Generated(before, ends, log_probs, tokens=tuple(begun))
    question = Question(
        [*prompt.tokens, *begun],
        left,
        lambda text: stop(before + text),
        head=prompt.head if frames is not None else 0,
    )
    rest = model.generate(question, cancellation)
    return replace(
        rest,
        text=before + rest.text,
        ends=ends + tuple(len(before) + end for end in rest.ends),
        log_probs=log_probs + rest.log_probs,
        tokens=(*begun, *rest.tokens),
    )
