"""Several different completions of one place, for a user who asks for them.

The first is what the model finds most probable. While it is decoded, the model also says what could have stood in the
place of each token. The others begin as the first does, take the most probable turn, and go on from there: different
by construction, none drawn by lot, and each costs the reading of a few tokens behind what the first has read.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.completion.gap import Gap
from engine.generated import Generated
from engine.model.protocol import LanguageModel, Question
from engine.postprocess import stop_rule
from engine.types import CancellationToken, Outcome

ALTERNATIVES = 3  # other tokens that are looked at in each place


@dataclass(frozen=True)
class Branch:
    """Where an answer could have gone another way: `token` in the place of the one at `index`."""

    index: int
    token: int
    log_prob: float
    probability: float  # of the answer up to and with it


def find_branches(generated: Generated, decode: Callable[[list[int]], str]) -> list[Branch]:
    """Return the turns an answer could have taken, the most probable first; none that differs in white space alone."""
    found = []
    so_far = 0.0
    for index, (token, log_prob) in enumerate(zip(generated.tokens, generated.log_probs, strict=True)):
        said = decode([token]).strip()
        alternatives = generated.alternatives[index] if generated.alternatives else ()
        found += [
            Branch(index, other, other_log_prob, math.exp(so_far + other_log_prob))
            for other, other_log_prob in alternatives
            if decode([other]).strip() not in {"", said}
        ]
        so_far += log_prob
    return sorted(found, key=lambda branch: (-branch.probability, branch.index, branch.token))


def follow_branch(
    branch: Branch, first: Outcome, gap: Gap, model: LanguageModel, cancellation: CancellationToken
) -> Generated:
    """Return the answer that begins as the first one, takes this turn, and goes on as the model finds most probable."""
    said, prompt = first.generated, first.prompt
    assert said is not None  # noqa: S101 - the caller has looked
    assert prompt is not None  # noqa: S101
    tokens = (*said.tokens[: branch.index], branch.token)
    text = model.tokenizer.decode(tokens)
    ends, log_probs = (*said.ends[: branch.index], len(text)), (*said.log_probs[: branch.index], branch.log_prob)
    begun = Generated(text, ends, log_probs, tokens=tokens)
    stop = stop_rule(gap.mode, gap.cursor)
    left = gap.new_tokens - len(tokens)
    if left < 1 or stop(text):
        return begun
    question = Question(
        [*prompt.tokens, *tokens], left, lambda more: stop(text + more), stable_tokens=prompt.stable_tokens
    )
    return begun.then(model.generate(question, cancellation))
