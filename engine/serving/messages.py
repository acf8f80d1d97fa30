"""The messages between windows and the engine process: one JSON object each, whose `kind` is the name of the class.

The client chooses a request's number; every response carries the same one. Nothing is pickled: both sides are processes
of one user, but data stays data.
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
    """Load this model, unless it is loaded already. The response is `ModelOpened` or `Failure`."""

    number: int
    folder: str
    device: str
    threads: int
    cache_bytes: int | None = None


@dataclass(frozen=True)
class ModelOpened:
    """The model is loaded, and runs like this."""

    number: int
    device: str
    compute_type: str
    threads: int


@dataclass(frozen=True)
class Generate:
    """Continue `tokens`: the fields of `engine.model.protocol.Continuation`, and a priority.

    The response is `PrefillDone`, any number of `NewToken`, then `GenerationDone` or `Failure`.
    """

    number: int
    model: int  # the number of the request that opened it
    tokens: list[int]
    stable_tokens: int
    max_new_tokens: int
    end_ids: list[int]
    sampling: list[Any]  # temperature, top_p, top_k, seed
    priority: int
    alternatives: list[int]


@dataclass(frozen=True)
class PrefillDone:
    """The prompt has been read, and the first token is known."""

    number: int
    wait_ms: float  # in the queue
    prefill_ms: float
    reused_tokens: int  # of the prompt, from the prefix cache


@dataclass(frozen=True)
class NewToken:
    """One token: the fields of `engine.model.protocol.Token`."""

    number: int
    token: int
    log_prob: float
    alternatives: list[list[Any]]


@dataclass(frozen=True)
class GenerationDone:
    """The last token has been sent."""

    number: int


@dataclass(frozen=True)
class Failure:
    """The request failed; `message` is for the user."""

    number: int
    message: str


@dataclass(frozen=True)
class Cancel:
    """The response to `number` is no longer wanted. There is no response to this."""

    number: int


@dataclass(frozen=True)
class StatusRequest:
    """The response is `Status`, at once, whatever the model is doing."""

    number: int


@dataclass(frozen=True)
class Status:
    """How the engine process is."""

    number: int
    overdue_seconds: float  # for how long the current work should have made progress and has not
    facts: dict[str, Any]


@dataclass(frozen=True)
class Stop:
    """End the engine process."""

    number: int


Message = (
    Open
    | ModelOpened
    | Generate
    | PrefillDone
    | NewToken
    | GenerationDone
    | Failure
    | Cancel
    | StatusRequest
    | Status
    | Stop
)
_KINDS = {kind.__name__: kind for kind in Message.__args__}


def to_bytes(message: Message) -> bytes:
    """Return the message as JSON."""
    return json.dumps({"kind": type(message).__name__, **vars(message)}, separators=(",", ":")).encode()


def from_bytes(raw: bytes) -> Message:
    """Return the message. Raises `ValueError` if it is not one of ours."""
    fields = json.loads(raw)
    try:
        message: Message = _KINDS[fields.pop("kind")](**fields)
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"not a message: {raw[:80]!r}") from fault
    return message
