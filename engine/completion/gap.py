"""The gap that a completion fills, and what bounds it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from engine.completion.frame import without_closed
from engine.completion.mode import choose_mode, token_cap
from engine.languages import Language, language_of
from engine.line_ends import line_end_of, with_lf
from engine.model.protocol import LanguageModel
from engine.types import CompletionRequest, CompletionSettings, EngineError, Mode

MIN_PROMPT_TOKENS = 48


@dataclass(frozen=True)
class Gap:
    """The text around the cursor, with LF line ends. `shown_suffix` is what the model sees of what follows."""

    key: Hashable
    language: Language
    mode: Mode
    prefix: str
    suffix: str
    shown_suffix: str
    newline: str
    new_tokens: int
    prompt_tokens: int


def gap_of(
    request: CompletionRequest,
    model: LanguageModel,
    settings: CompletionSettings,
    tokens_per_second: float | None = None,
) -> Gap:
    """`tokens_per_second`: how fast the model decodes, where that is known.

    Raises `EngineError` for a model or a setting with which nothing can be completed.
    """
    document, offset = request.document, max(0, min(request.offset, len(request.document.text)))
    if "complete" not in model.description.capabilities:
        raise EngineError(
            f"the model {model.description.name} does not complete code; choose another as codegeex.model"
        )
    prefix = with_lf(document.text[:offset].removeprefix("\ufeff"))
    suffix = with_lf(document.text[offset:])
    language = language_of(document.language, document.path)
    mode = request.mode or choose_mode(language, prefix + suffix, len(prefix))
    new_tokens = token_cap(mode, tokens_per_second, settings.max_new_tokens)
    # The same whatever the mode, so that both share what they can.
    prompt_tokens = min(settings.max_prompt_tokens, model.description.context_length) - settings.max_new_tokens
    if prompt_tokens < MIN_PROMPT_TOKENS:
        raise EngineError(
            f"{settings.max_new_tokens} new tokens leave a prompt of {prompt_tokens}: "
            "lower codegeex.completion.maxTokens"
        )
    return Gap(
        (document.root, document.path, model.description.folder, settings),
        language,
        mode,
        prefix,
        suffix,
        without_closed(suffix),
        line_end_of(document.text),
        new_tokens,
        prompt_tokens,
    )
