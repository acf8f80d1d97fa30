"""Merging by rank (tiktoken, sentencepiece's BPE) as a list of merges (`tokenizers`).

The originals hold a rank for each *token*: they merge the adjacent pair whose concatenation has the lowest rank, the
leftmost of several, until no pair is a token. `tokenizers` holds a rank for each *pair* and does the same with it. One
pair per token is enough, and gives the same result on every text:

Let x and y be adjacent at some moment, with xy = P a token. The ends of this occurrence of P have been borders all
along, for borders only ever disappear. So the merges inside it were those of P alone, in their order: a pair inside
that is the best of the whole text is the best of P. Of P alone there is one order, and one moment at which two parts
are left. Hence (x, y) is the same pair wherever and whenever P is about to be made: `last_split(P)`.

Where several *tokens* share a rank (Llama's runs of spaces all do), sentencepiece takes the leftmost pair, and no list
of merges can say so in general. The longest token first is the same where tokens grow from the left, as such runs do.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import AnyStr


def merges_of_ranks(ranks: Mapping[AnyStr, float]) -> list[tuple[AnyStr, AnyStr]]:
    """Return the merges, best first. `ranks`: lower is earlier. Tokens that merging never builds have none."""
    best_first = sorted(ranks, key=lambda token: (ranks[token], -len(token)))
    splits = (last_split(token, ranks) for token in best_first if len(token) > 1)
    return [split for split in splits if split]


def last_split(token: AnyStr, ranks: Mapping[AnyStr, float]) -> tuple[AnyStr, AnyStr] | None:
    """Return the two parts from which merging builds `token`, or None if it gets stuck before."""
    parts = [token[at : at + 1] for at in range(len(token))]
    while len(parts) > 2:  # noqa: PLR2004 - a pair
        rank, at = min((ranks.get(parts[at] + parts[at + 1], inf), at) for at in range(len(parts) - 1))
        if rank == inf:
            return None
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts[0], parts[1]
