"""What windows and the engine process say to each other: one JSON object a message, `kind` is the class' name.

A request has a number of the client's choosing; everything that answers it carries the same. Nothing is pickled: the
sides are one user's processes, but data stays data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple


class ModelKey(NamedTuple):
    """Which model, and how it runs. The engine process holds one model for each key."""

    folder: str
    device: str
    threads: int


@dataclass(frozen=True)
class Open:
    """Load this model, or say that it is there. Answered by `Opened` or `Failed`."""

    number: int
    folder: str
    device: str
    threads: int
    cache_bytes: int | None = None


@dataclass(frozen=True)
class Opened:
    number: int
    device: str
    compute_type: str
    threads: int


@dataclass(frozen=True)
class Generate:
    """Continue `tokens` with the model opened by request `model`. Answered by `Began`, any number of `Said`, then
    `Done` or `Failed`. `sampling` is (temperature, top_p, top_k, seed).
    """

    number: int
    model: int
    tokens: list[int]
    stable_tokens: int
    max_new_tokens: int
    end_ids: list[int]
    sampling: list[Any]
    priority: int
    alternatives: list[int]


@dataclass(frozen=True)
class Began:
    """The first token is there. `wait_ms`: in the queue; `reused_tokens` of the prompt did not have to be read."""

    number: int
    wait_ms: float
    prefill_ms: float
    reused_tokens: int


@dataclass(frozen=True)
class Said:
    """One token, as `engine.model.protocol.Token` has it."""

    number: int
    token: int
    log_prob: float
    alternatives: list[list[Any]]


@dataclass(frozen=True)
class Done:
    """All that was asked for has been said."""

    number: int


@dataclass(frozen=True)
class Failed:
    number: int
    message: str


@dataclass(frozen=True)
class Cancel:
    """The answer to `number` is no longer wanted. Not answered itself."""

    number: int


@dataclass(frozen=True)
class AskStatus:
    """Answered by `Status` at once, whatever the model is doing."""

    number: int


@dataclass(frozen=True)
class Status:
    """`overdue_seconds`: for how long the work under way should have moved on and has not."""

    number: int
    overdue_seconds: float
    facts: dict[str, Any]


@dataclass(frozen=True)
class Stop:
    """Ends the engine process."""

    number: int


Message = Open | Opened | Generate | Began | Said | Done | Failed | Cancel | AskStatus | Status | Stop
_KINDS = {kind.__name__: kind for kind in Message.__args__}


def to_bytes(message: Message) -> bytes:
    return json.dumps({"kind": type(message).__name__, **vars(message)}, separators=(",", ":")).encode()


def from_bytes(raw: bytes) -> Message:
    """Raises `ValueError` for what is no message of ours."""
    fields = json.loads(raw)
    try:
        message: Message = _KINDS[fields.pop("kind")](**fields)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"not a message: {raw[:80]!r}") from fault
    return message
