"""The gap that a completion fills, and what bounds it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from engine.completion.mode import choose_mode, token_limit
from engine.document import Cursor
from engine.model.protocol import LanguageModel
from engine.types import CompletionRequest, CompletionSettings, EngineError, Mode

MIN_PROMPT_TOKENS = 48


@dataclass(frozen=True)
class Gap:
    """A cursor at which text is missing, and how much of it the model may write."""

    cursor: Cursor
    mode: Mode
    new_tokens: int  # the most that the model may generate
    prompt_tokens: int  # the most that its prompt may have
    key: Hashable  # the same for all gaps whose prompts may begin alike


def gap_of(
    request: CompletionRequest,
    model: LanguageModel,
    settings: CompletionSettings,
    tokens_per_second: float | None = None,
) -> Gap:
    """Return the gap at a request's cursor. `tokens_per_second` is the model's decode speed, if it is known.

    Raises `EngineError` for a model or a setting with which nothing can be completed.
    """
    if "complete" not in model.description.capabilities:
        raise EngineError(
            f"the model {model.description.name} does not complete code; choose another as codegeex.model"
        )
    cursor = request.cursor
    mode = request.mode or choose_mode(cursor)
    new_tokens = token_limit(mode, tokens_per_second, settings.max_new_tokens)
    # The same in both modes, so that their prompts share what they can.
    prompt_tokens = min(settings.max_prompt_tokens, model.description.context_length) - settings.max_new_tokens
    if prompt_tokens < MIN_PROMPT_TOKENS:
        raise EngineError(
            f"{settings.max_new_tokens} new tokens leave {prompt_tokens} for the prompt: "
            "lower codegeex.completion.maxTokens"
        )
    key = (cursor.document.root, cursor.document.path, model.description.folder, settings)
    return Gap(cursor, mode, new_tokens, prompt_tokens, key)
