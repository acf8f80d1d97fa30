"""OpenAI's two streaming endpoints, as their many servers speak them: what is sent, and what of it comes back.

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
# Fields some servers refuse, and what is sent in their place; the request then means nearly the same.
INSTEAD = {"logprobs": "", "suffix": "", "temperature": "", "max_tokens": "max_completion_tokens"}
ROLES = {"<system>": "system", "<user>": "user", "<assistant>": "assistant"}


@dataclass(frozen=True)
class Said:
    """One piece of an answer: its text, and its log-probability where the server tells it."""

    text: str
    log_prob: float | None = None


@dataclass(frozen=True)
class Heard:
    """What one event says. `finish` is why the answer ends here, or ""; `fault` is in the server's own words."""

    said: tuple[Said, ...] = ()
    finish: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Asked:
    """What a server is asked; `path` says by which of the two."""

    path: str
    fields: Mapping[str, Any]


def chat(turns: Sequence[tuple[str, str]]) -> Asked:
    """`turns` as (mark, text), see `engine.remote.pieces`."""
    return Asked(CHAT, {"messages": [{"role": ROLES[mark], "content": text} for mark, text in turns], "temperature": 0})


def completion(prefix: str, suffix: str = "") -> Asked:
    fields = {"prompt": prefix, "temperature": 0, "logprobs": 1}
    return Asked(COMPLETIONS, {**fields, "suffix": suffix} if suffix else fields)


def body_of(
    asked: Asked, model: str, max_new_tokens: int, sampling: Sampling, refused: frozenset[str]
) -> dict[str, Any]:
    """`refused` fields are left out or replaced."""
    body = {"model": model, **asked.fields} if model else dict(asked.fields)
    if sampling != GREEDY:
        body |= {"temperature": sampling.temperature, "top_p": sampling.top_p}
        body |= {} if sampling.seed is None else {"seed": sampling.seed}
    body |= {"max_tokens": max_new_tokens, "stream": True}
    for field in refused & body.keys():
        value = body.pop(field)
        body |= {INSTEAD[field]: value} if INSTEAD[field] else {}
    return body


def heard(event: Any) -> Heard:
    """What an event, or a whole answer that did not stream, says. Nothing in it is taken to have the type it should."""
    event = _mapping(event)
    if fault := fault_in(event):
        return Heard(fault=fault)
    choices = event.get("choices")
    choice = _mapping(choices[0] if isinstance(choices, list) and choices else None)
    finish = choice.get("finish_reason")
    return Heard(_said(choice), finish if isinstance(finish, str) else "")


def fault_in(answer: Any) -> str:
    """The server's own words for what is wrong, or ""; on one line."""
    answer = _mapping(answer)
    found = answer.get("error") or (answer.get("detail") or answer.get("message") if "choices" not in answer else "")
    if isinstance(found, dict):
        found = found.get("message") or found.get("type") or "unknown"
    if isinstance(found, list):  # FastAPI's list of what is wrong with which field
        found = "; ".join(f"{_mapping(each).get('loc', '')} {_mapping(each).get('msg', '')}" for each in found)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _said(choice: Mapping[str, Any]) -> tuple[Said, ...]:
    text = choice.get("text")
    for name in ("delta", "message"):
        text = _mapping(choice.get(name)).get("content") if text is None else text
    if not isinstance(text, str) or not text:
        return ()
    told = _log_probs(_mapping(choice.get("logprobs")))
    if told and "".join(token for token, _ in told) == text:
        return tuple(Said(token, log_prob) for token, log_prob in told if token)
    return (Said(text, sum(log_prob for _, log_prob in told) if told else None),)


def _log_probs(told: Mapping[str, Any]) -> list[tuple[str, float]]:
    """(token, log-probability); [] where any of them is missing."""
    content = told.get("content")
    if isinstance(content, list):
        pairs = [(_mapping(each).get("token"), _mapping(each).get("logprob")) for each in content]
    else:
        tokens, log_probs = told.get("tokens"), told.get("token_logprobs")
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
