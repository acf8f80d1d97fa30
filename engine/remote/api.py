"""OpenAI's two streaming endpoints, as their many servers implement them: requests, and events of the answers.

`/chat/completions` takes turns and answers with `delta.content`; `/completions` takes `prompt` and `suffix` and answers
with `text`. Log-probabilities come as `token_logprobs` (OpenAI, llama-cpp-python, vLLM) or as `content` (llama.cpp).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.types import GREEDY, Sampling

CHAT, COMPLETIONS = "/chat/completions", "/completions"
DONE = "[DONE]"
# Fields that some servers refuse, and what is sent instead; the request then means nearly the same.
INSTEAD = {"logprobs": "", "suffix": "", "temperature": "", "max_tokens": "max_completion_tokens"}
ROLES = {"<system>": "system", "<user>": "user", "<assistant>": "assistant"}


@dataclass(frozen=True)
class Piece:
    """One piece of an answer: its text, and its log-probability if the server gives it."""

    text: str
    log_prob: float | None = None


@dataclass(frozen=True)
class Event:
    """The content of one event. `finish` is why the answer ends here, or ""; `fault` is the server's error message."""

    pieces: tuple[Piece, ...] = ()
    finish: str = ""
    fault: str = ""


@dataclass(frozen=True)
class ApiRequest:
    """A request to a server: the endpoint's path, and the fields of its body."""

    path: str
    fields: Mapping[str, Any]


def chat_request(turns: Sequence[tuple[str, str]]) -> ApiRequest:
    """Return a chat request. `turns` are pairs (mark, text), see `engine.remote.pieces`."""
    return ApiRequest(
        CHAT, {"messages": [{"role": ROLES[mark], "content": text} for mark, text in turns], "temperature": 0}
    )


def completion_request(prefix: str, suffix: str = "") -> ApiRequest:
    """Return a completion request."""
    fields = {"prompt": prefix, "temperature": 0, "logprobs": 1}
    return ApiRequest(COMPLETIONS, {**fields, "suffix": suffix} if suffix else fields)


def request_body(
    request: ApiRequest, model: str, max_new_tokens: int, sampling: Sampling, refused: frozenset[str]
) -> dict[str, Any]:
    """Return the body of a request. Fields that the server has `refused` are left out or replaced."""
    body = {"model": model, **request.fields} if model else dict(request.fields)
    if sampling != GREEDY:
        body |= {"temperature": sampling.temperature, "top_p": sampling.top_p}
        body |= {} if sampling.seed is None else {"seed": sampling.seed}
    body |= {"max_tokens": max_new_tokens, "stream": True}
    for field in refused & body.keys():
        value = body.pop(field)
        body |= {INSTEAD[field]: value} if INSTEAD[field] else {}
    return body


def read_event(event: Any) -> Event:
    """Return the content of an event, or of an answer that was not streamed. No value is trusted to have the right
    type.
    """
    event = _mapping(event)
    if fault := fault_in(event):
        return Event(fault=fault)
    choices = event.get("choices")
    choice = _mapping(choices[0] if isinstance(choices, list) and choices else None)
    finish = choice.get("finish_reason")
    return Event(_pieces_of(choice), finish if isinstance(finish, str) else "")


def fault_in(answer: Any) -> str:
    """Return the server's error message on one line, or ""."""
    answer = _mapping(answer)
    found = answer.get("error") or (answer.get("detail") or answer.get("message") if "choices" not in answer else "")
    if isinstance(found, dict):
        found = found.get("message") or found.get("type") or "unknown"
    if isinstance(found, list):  # FastAPI lists a fault for each field
        found = "; ".join(f"{_mapping(each).get('loc', '')} {_mapping(each).get('msg', '')}" for each in found)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _pieces_of(choice: Mapping[str, Any]) -> tuple[Piece, ...]:
    text = choice.get("text")
    for name in ("delta", "message"):
        text = _mapping(choice.get(name)).get("content") if text is None else text
    if not isinstance(text, str) or not text:
        return ()
    log_probs = _log_probs(_mapping(choice.get("logprobs")))
    if log_probs and "".join(token for token, _ in log_probs) == text:
        return tuple(Piece(token, log_prob) for token, log_prob in log_probs if token)
    return (Piece(text, sum(log_prob for _, log_prob in log_probs) if log_probs else None),)


def _log_probs(published: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return pairs (token, log-probability), or [] if any of them is missing."""
    content = published.get("content")
    if isinstance(content, list):
        pairs = [(_mapping(each).get("token"), _mapping(each).get("logprob")) for each in content]
    else:
        tokens, log_probs = published.get("tokens"), published.get("token_logprobs")
        if not isinstance(tokens, list) or not isinstance(log_probs, list) or len(tokens) != len(log_probs):
            return []
        pairs = list(zip(tokens, log_probs, strict=True))
    found = [
        (token, min(0.0, float(log)))
        for token, log in pairs
        if isinstance(token, str) and isinstance(log, int | float) and not isinstance(log, bool)
    ]
    return found if len(found) == len(pairs) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
