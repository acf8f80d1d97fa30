"""One completion, from a cursor to text: context, prompt, model, post-processing. Read it top to bottom."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from engine.completion.assemble import lay_out
from engine.completion.decide import Decider, threshold_of
from engine.completion.decode_speed import DecodeSpeed
from engine.completion.frame import Frame
from engine.completion.frames import Frames, shows_the_same
from engine.completion.gap import Gap, gap_of
from engine.context.collect import Workspaces, catch_up, collect
from engine.model.protocol import LanguageModel, Question, Tokenizer
from engine.postprocess import stop_rule
from engine.types import (
    CancellationToken,
    Completion,
    CompletionRequest,
    CompletionSettings,
    Generated,
    Outcome,
    Priority,
    Prompt,
    Snippet,
)

HOPELESS = 0.2  # of the threshold: what is less probable does not recover
MAX_DOCUMENT_CHARS = 1_000_000
MAX_WORD_TOKENS = 4  # of a word before the cursor, that the model may cut otherwise
LAST_WORD = re.compile(r"\w+$")
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
    frames: Frames | None = None,
    priority: Priority = Priority.COMPLETION,
    others: Sequence[int] = (),
    on_text: Callable[[str], None] = lambda _: None,
    speed: DecodeSpeed | None = None,
) -> Outcome:
    """The suggestion at the cursor, or the reason why there is none.

    `workspaces` are the indexes by workspace folder. With `frames`, prompts of one place share their beginning, see
    `engine.completion.frame`. `others` as `engine.model.protocol` has it. `on_text` is
    told the model's answer so far, after each token, maybe in another thread. `speed` bounds what is asked for, and
    learns from the answer.

    Blocks: searches the indexes and runs the model. Raises `Cancelled` soon after `cancellation`, and `EngineError` for
    a model that cannot complete.
    """
    watch = _Stopwatch()
    if reason := why_not_complete(request.document.text, request.offset):
        return Outcome(None, reason)
    gap = gap_of(request, model, settings, speed.tokens_per_second if speed else None)
    prompt: Prompt | None = None
    snippets: tuple[Snippet, ...] = ()
    where = _where(gap, workspaces)
    if frames is not None and (frame := frames.get(where)):
        with watch.stage("prompt"):
            prompt = frame.prompt(gap.mode, gap.prefix, gap.shown_suffix)
    if prompt is None:
        prompt, snippets, frame = _lay_out(request, gap, model, settings, workspaces, cancellation, watch)
        if frames is not None:
            frames.put(where, frame, request.defined)
    cancellation.check()
    is_enough = stop_rule(gap.mode, gap.prefix, gap.suffix)

    def stop(text: str) -> bool:
        on_text(text)
        return is_enough(text)

    question = Question(
        prompt.tokens,
        gap.new_tokens,
        stop,
        head=prompt.head if frames is not None else 0,
        priority=priority,
        others=others,
        least_log_prob=_least_log_prob(model, settings),
        held=(0, 0) if others else _word_before(prompt, gap.prefix, model.tokenizer),
        next_signs=True,
    )
    generated = model.generate(question, cancellation)
    if speed:
        speed.note(generated)
    watch.stages_ms |= {"wait": generated.wait_ms, "prefill": generated.prefill_ms, "decode": generated.decode_ms}
    with watch.stage("post-process"):
        completion, silence = finish(generated, gap, model, settings)
    return Outcome(completion, silence, prompt, generated, snippets, watch.stages_ms)


def _word_before(prompt: Prompt, prefix: str, tokenizer: Tokenizer) -> tuple[int, int]:
    """Where in the prompt the tokens of the word before the cursor are, or that of a sign; an indentation is whole."""
    line = prefix[prefix.rfind("\n") + 1 :]
    end = prompt.prefix_end
    if not line.strip() or prompt.prefix_tokens <= MAX_WORD_TOKENS:
        return (0, 0)
    word = LAST_WORD.search(line)
    for start in range(end - 1, end - 1 - MAX_WORD_TOKENS, -1):
        if word is None or len(tokenizer.decode(prompt.tokens[start:end])) >= len(word[0]):
            return (start, end)
    return (end - 1, end)


def refresh(
    request: CompletionRequest,
    model: LanguageModel,
    settings: CompletionSettings,
    cancellation: CancellationToken,
    workspaces: Workspaces,
    frames: Frames,
) -> None:
    """In a pause: where the place's references are no longer the best ones, lays it out anew, and lets the model read
    that ahead, so that the next key finds both. Raises `Cancelled`; the old frame then stays.
    """
    if why_not_complete(request.document.text, request.offset):
        return
    gap = gap_of(request, model, settings)
    where = _where(gap, workspaces)
    old = frames.get(where)
    if old is None or frames.is_fresh(where, request.defined):
        return
    catch_up(request, workspaces)
    cancellation.check()
    prompt, _, frame = _lay_out(request, gap, model, settings, workspaces, cancellation, _Stopwatch())
    if shows_the_same(old, frame):
        frames.touch(where, request.defined)
        return
    reading = Question(prompt.tokens, 1, lambda _: True, head=prompt.head, priority=Priority.WARM_UP)
    model.generate(reading, cancellation)
    frames.put(where, frame, request.defined)


def _where(gap: Gap, workspaces: Workspaces) -> Hashable:
    """What a frame hangs on: what a person excludes from now on is not shown a moment longer."""
    return gap.key, tuple((root, index.excluded) for root, index in workspaces.items())


def _lay_out(
    request: CompletionRequest,
    gap: Gap,
    model: LanguageModel,
    settings: CompletionSettings,
    workspaces: Workspaces,
    cancellation: CancellationToken,
    watch: _Stopwatch,
) -> tuple[Prompt, tuple[Snippet, ...], Frame]:
    """The prompt from scratch: searches the indexes, and fits all into the budget."""
    document = request.document
    with watch.stage("context"):
        snippets = collect(request, workspaces, gap.prompt_tokens) if settings.use_context else ()
    cancellation.check()
    with watch.stage("prompt"):
        frame = lay_out(
            model.description,
            model.tokenizer,
            gap.language,
            gap.mode,
            document.path,
            gap.prefix,
            gap.shown_suffix,
            snippets,
            gap.prompt_tokens,
            document.root.name if document.root else "",
        )
        prompt = frame.whole(gap.mode, gap.prefix)
    return prompt, snippets, frame


def _least_log_prob(model: LanguageModel, settings: CompletionSettings) -> float:
    """Below it nothing more will be shown, whatever comes: most answers are given up after a token or two."""
    threshold = threshold_of(model.description.confidence, settings) * HOPELESS
    return math.log(threshold) if threshold > 0 else -math.inf


def finish(
    generated: Generated, gap: Gap, model: LanguageModel, settings: CompletionSettings
) -> tuple[Completion | None, str]:
    """What is decided, with the document's line ends."""
    decide_here = Decider.of(gap.language, model.description.confidence, settings)
    completion, silence = decide_here(generated, gap.mode, gap.prefix, gap.suffix)
    if completion is not None:
        completion = replace(completion, text=completion.text.replace("\n", gap.newline))
    return completion, silence


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
