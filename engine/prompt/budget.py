"""How much of a text fits into so many tokens, by the model's own tokenizer and in few steps."""

from __future__ import annotations

from engine.model.protocol import Tokenizer

MAX_CHARS_PER_TOKEN = 8  # more text than this times the budget is never looked at


def fit_end(tokenizer: Tokenizer, text: str, room: int) -> tuple[str, int]:
    """Return the longest run of whole last lines within `room` tokens, and its tokens; of a longer line, its end."""
    kept = text[max(0, len(text) - room * MAX_CHARS_PER_TOKEN) :]
    while (tokens := len(tokenizer.encode(kept))) > room:
        excess = _excess(kept, tokens, room)
        border = kept.find("\n", excess - 1)
        kept = kept[border + 1 :] if 0 <= border < len(kept) - 1 else kept[excess:]
    return kept, tokens


def fit_beginning(tokenizer: Tokenizer, text: str, room: int) -> tuple[str, int]:
    """Return the longest run of whole first lines within `room` tokens, and its tokens; of a longer line, its start."""
    kept = text[: room * MAX_CHARS_PER_TOKEN]
    while (tokens := len(tokenizer.encode(kept))) > room:
        end = len(kept) - _excess(kept, tokens, room)
        border = kept.rfind("\n", 0, end)
        kept = kept[: border if border > 0 else end]
    return kept, tokens


def fit_first_lines(tokenizer: Tokenizer, text: str, room: int) -> str:
    """Return the longest run of whole first lines within `room` tokens, without the last line end; "" if none fits."""
    kept = text[: max(0, room) * MAX_CHARS_PER_TOKEN]
    if len(kept) < len(text):
        kept = kept[: kept.rfind("\n") + 1]
    while kept and (tokens := len(tokenizer.encode(kept))) > room:
        kept = kept[: max(0, kept.rfind("\n", 0, len(kept) - _excess(kept, tokens, room)))]
    return kept.rstrip("\n")


def _excess(text: str, tokens: int, room: int) -> int:
    """Return the characters to drop, in proportion to the excess in tokens, so that few rounds are needed."""
    return max(1, int(len(text) * (1 - room / tokens)))
