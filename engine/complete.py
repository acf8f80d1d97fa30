"""One completion, from a cursor to text: context, prompt, model, post-processing. Read it top to bottom."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from engine.context.collect import Workspaces, collect
from engine.languages import language_of
from engine.model.protocol import LanguageModel
from engine.postprocess import Draft, Place, Silent, apply_filters, shown_part, stop_rule
from engine.prompt.assemble import assemble
from engine.prompt.mode import choose_mode, token_cap
from engine.types import (
    CancellationToken,
    Completion,
    CompletionRequest,
    CompletionSettings,
    EngineError,
    Generated,
    Mode,
    Outcome,
)

MIN_PROMPT_TOKENS = 48
MAX_DOCUMENT_CHARS = 1_000_000
MAX_CURSOR_LINE_CHARS = 2_000


@dataclass
class _Stopwatch:
    """Milliseconds by stage, in the order of the stages."""

    stages_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.stages_ms[name] = (time.perf_counter() - began) * 1000


def complete(
    request: CompletionRequest,
    model: LanguageModel,
    settings: CompletionSettings,
    cancellation: CancellationToken,
    workspaces: Workspaces = MappingProxyType({}),
) -> Outcome:
    """The suggestion at the cursor, or the reason why there is none.

    `workspaces` are the indexes by workspace folder. Blocks: searches them and runs the model. Raises `Cancelled` soon
    after `cancellation`, and `EngineError` for a model that cannot complete.
    """
    watch = _Stopwatch()
    document, offset = request.document, max(0, min(request.offset, len(request.document.text)))
    if "complete" not in model.description.capabilities:
        raise EngineError(
            f"the model {model.description.name} does not complete code; choose another as codegeex.model"
        )
    if reason := why_not_complete(document.text, offset):
        return Outcome(None, reason)
    newline = "\r\n" if "\r\n" in document.text else "\n"
    prefix = document.text[:offset].removeprefix("\ufeff").replace("\r\n", "\n")
    suffix = document.text[offset:].replace("\r\n", "\n")
    language = language_of(document.language, document.path)
    mode = request.mode or choose_mode(language, prefix + suffix, len(prefix))
    new_tokens = token_cap(mode, None, settings.max_new_tokens)
    prompt_tokens = min(settings.max_prompt_tokens, model.description.context_length) - new_tokens
    if prompt_tokens < MIN_PROMPT_TOKENS:
        raise EngineError(
            f"{new_tokens} new tokens leave a prompt of {prompt_tokens}: lower codegeex.completion.maxTokens"
        )

    with watch.stage("context"):
        snippets = collect(request, workspaces, prompt_tokens) if settings.use_context else ()
    cancellation.check()
    with watch.stage("prompt"):
        repository = document.root.name if document.root else ""
        prompt = assemble(
            model.description,
            model.tokenizer,
            language,
            mode,
            document.path,
            prefix,
            suffix,
            snippets,
            prompt_tokens,
            repository,
        )
    cancellation.check()
    generated = model.generate(prompt.tokens, new_tokens, stop_rule(mode, prefix, suffix), cancellation)
    watch.stages_ms |= {"prefill": generated.prefill_ms, "decode": generated.decode_ms}
    with watch.stage("post-process"):
        place, fit = Place(prefix, suffix, language), model.description.confidence
        threshold = fit.threshold(settings.eagerness) if settings.confidence is None else settings.confidence
        completion, silence = decide(generated, mode, place, fit.weights, threshold)
    if completion is not None:
        completion = replace(completion, text=completion.text.replace("\n", newline))
    return Outcome(completion, silence, prompt, generated, snippets, watch.stages_ms)


def decide(
    generated: Generated, mode: Mode, place: Place, weights: Mapping[str, float], threshold: float
) -> tuple[Completion | None, str]:
    """What of the model's answer is shown, with LF line ends; or None and the reason why nothing is.

    `weights` are those of the model's confidence, `threshold` the least that is shown.
    """
    if not generated.text.strip():
        return None, "the model has nothing to add here"
    shown = shown_part(generated, mode, threshold, place, weights)
    if not shown.text:
        return None, f"not sure enough: {shown.confidence:.2f}, and {threshold:.2f} is needed"
    try:
        draft = apply_filters(Draft(shown.text, place, mode))
    except Silent as why:
        return None, str(why)
    return Completion(draft.text, mode, shown.confidence), ""


def why_not_complete(text: str, offset: int) -> str:
    """Why a document gets no suggestion at all, or ""."""
    if len(text) > MAX_DOCUMENT_CHARS:
        return f"the file is larger than {MAX_DOCUMENT_CHARS:,} characters"
    if "\0" in text:
        return "the file is binary"
    start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
    if (end if end >= 0 else len(text)) - start > MAX_CURSOR_LINE_CHARS:
        return f"the line is longer than {MAX_CURSOR_LINE_CHARS:,} characters: minified or generated"
    if not text[:offset].strip() and not text[offset:].strip():
        return "the file is empty"
    return ""
