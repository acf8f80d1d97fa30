"""The way into this room: a situation becomes proposals, or the reason for silence."""

from __future__ import annotations

from collections.abc import Collection

from engine.next_edit.gather import gather
from engine.next_edit.places import line_starts
from engine.next_edit.ranking import THRESHOLDS, probability
from engine.next_edit.restraint import Change, why_not
from engine.next_edit.tokens import common_ends
from engine.next_edit.values import Candidate, Outcome, Proposal, Situation
from engine.types import Eagerness

MAX_PROPOSALS = 5
MAX_CONSIDERED = 30


def propose(
    situation: Situation, refused: Collection[Change] = (), eagerness: Eagerness = Eagerness.BALANCED
) -> Outcome:
    """Return what the user probably changes next, the most probable first."""
    if not situation.trail.hunks:
        return Outcome(silence="nothing was changed", line=situation.line)
    ranked = sorted(((each, probability(each)) for each in gather(situation)), key=lambda pair: -pair[1])
    considered = tuple(ranked[:MAX_CONSIDERED])
    proposals: list[Proposal] = []
    silence = "nothing follows from the last changes"
    for candidate, chance in considered:
        if chance < THRESHOLDS[eagerness]:
            silence = silence if proposals or chance < 0.01 else _too_unsure(candidate, chance, eagerness)  # noqa: PLR2004
            break
        proposal, reason = _proposal(situation, candidate, chance, refused)
        if proposal is None:
            silence = reason
        elif not any(_overlap(proposal, other) for other in proposals):
            proposals.append(proposal)
        if len(proposals) == MAX_PROPOSALS:
            break
    return Outcome(tuple(proposals), "" if proposals else silence, situation.line, considered)


def _too_unsure(candidate: Candidate, chance: float, eagerness: Eagerness) -> str:
    return f"not sure enough: {chance:.2f}, and {THRESHOLDS[eagerness]:.2f} is needed ({candidate.reason})"


def _proposal(
    situation: Situation, candidate: Candidate, chance: float, refused: Collection[Change]
) -> tuple[Proposal | None, str]:
    """Return the proposal that a candidate becomes, or None and why it does not."""
    is_here = candidate.path == situation.source.path
    source = situation.source if is_here else situation.files.read(candidate.path)
    if source is None or candidate.end > len(source.lines):
        return None, "the file has changed"
    if reason := why_not(candidate, source, situation.trail, refused):
        return None, reason
    starts, text = [*line_starts(source), len(source.text) + 1], source.text
    start, end = starts[candidate.start], starts[candidate.end]
    new = "".join(line + "\n" for line in candidate.lines)
    if end > len(text):  # the last line has no end of its own
        new = new.removesuffix("\n")
        end = len(text)
        if candidate.start == candidate.end:
            start, new = len(text), "\n" + new
        elif not candidate.lines and start:
            start -= 1
    head, tail = common_ends(text[start:end], new)
    if candidate.start == candidate.end or not candidate.lines:  # whole lines come or go as whole lines
        head = tail = 0
    start, end, new = start + head, end - tail, new[head : len(new) - tail]
    line = text.count("\n", 0, start)
    kind, reason = candidate.kind, candidate.reason
    return Proposal(candidate.path, start, end, new, kind, reason, chance, line, text, candidate), ""


def _overlap(proposal: Proposal, other: Proposal) -> bool:
    return proposal.path == other.path and proposal.start <= other.end and other.start <= proposal.end
