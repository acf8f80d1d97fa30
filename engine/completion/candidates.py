"""Several different completions of one place, for a user who asks for them.

The first is what the model finds most probable. While it is decoded, the model also gives the alternatives to each
token. The other completions begin as the first one does, take the most probable alternative, and go on from there:
different by construction, not drawn at random, and each costs the prefill of a few tokens after the first one's prompt.
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

ALTERNATIVES = 3  # to each token


@dataclass(frozen=True)
class Branch:
    """A point where an answer could have gone another way."""

    index: int  # of the token that is replaced
    token: int  # what it is replaced with
    log_prob: float
    probability: float  # of the answer up to this token, including it


def find_branches(generated: Generated, decode: Callable[[list[int]], str]) -> list[Branch]:
    """Return the branches of an answer, the most probable first; none that differs in white space alone."""
    found = []
    so_far = 0.0
    for index, (token, log_prob) in enumerate(zip(generated.tokens, generated.log_probs, strict=True)):
        chosen = decode([token]).strip()
        alternatives = generated.alternatives[index] if generated.alternatives else ()
        found += [
            Branch(index, other, other_log_prob, math.exp(so_far + other_log_prob))
            for other, other_log_prob in alternatives
            if decode([other]).strip() not in {"", chosen}
        ]
        so_far += log_prob
    return sorted(found, key=lambda branch: (-branch.probability, branch.index, branch.token))


def follow_branch(
    branch: Branch, first: Outcome, gap: Gap, model: LanguageModel, cancellation: CancellationToken
) -> Generated | None:
    """Return the answer that begins as the first one, takes this branch, and then goes on with the likeliest tokens.

    The first token may begin with the blank before the cursor, which is no part of the answer; None if the branch does
    not begin with it.
    """
    generated, prompt = first.generated, first.prompt
    assert generated is not None  # noqa: S101 - the caller has checked
    assert prompt is not None  # noqa: S101
    tokens = (*generated.tokens[: branch.index], branch.token)
    whole = model.tokenizer.decode(generated.tokens)
    blank = whole.removesuffix(generated.text)
    text = model.tokenizer.decode(tokens)
    if blank != whole and not text.startswith(blank):
        return None
    text = text[len(blank) :] if blank != whole else text
    ends, log_probs = (
        (*generated.ends[: branch.index], len(text)),
        (*generated.log_probs[: branch.index], branch.log_prob),
    )
    begun = Generated(text, ends, log_probs, tokens=tokens)
    stop = stop_rule(gap.mode, gap.cursor)
    left = gap.new_tokens - len(tokens)
    if left < 1 or stop(text):
        return begun
    question = Question(
        [*prompt.tokens, *tokens], left, lambda more: stop(text + more), stable_tokens=prompt.stable_tokens
    )
    return begun.then(model.generate(question, cancellation))
