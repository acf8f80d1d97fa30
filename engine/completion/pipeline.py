"""One completion, from a cursor to text: context, prompt, model, post-processing. Read `Completer` top to bottom."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from engine.completion.assemble import lay_out
from engine.completion.candidates import ALTERNATIVES, find_branches, follow_branch
from engine.completion.decide import Decider, Decision
from engine.completion.decode_speed import DecodeSpeed
from engine.completion.frame import Frame
from engine.completion.frames import Frames, has_same_references
from engine.completion.gap import Gap, gap_of
from engine.completion.heal import find_healed_span
from engine.context.collect import Workspaces, catch_up, collect, still_shows
from engine.context.exclusion import why_private
from engine.generated import Generated
from engine.model.protocol import LanguageModel, Question
from engine.postprocess import stop_rule
from engine.prompt.templates import Contents, PromptEncoder
from engine.types import (
    CancellationToken,
    CompletionRequest,
    CompletionSettings,
    Outcome,
    Priority,
    PrivateTextError,
    Prompt,
    Snippet,
)

HOPELESS = 0.2  # an answer is given up once its probability falls below this share of the threshold


def _ignore(_: str) -> None:
    pass


@dataclass
class _Stopwatch:
    """Measures the stages, in their order."""

    stages_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.stages_ms[name] = self.stages_ms.get(name, 0.0) + (time.perf_counter() - began) * 1000


@dataclass(frozen=True)
class Completer:
    """Completes with one model, under one user's settings.

    Each method blocks: it searches the indexes and runs the model. Each raises `Cancelled` soon after its token is
    cancelled, and `EngineError` if the model cannot complete.
    """

    model: LanguageModel
    settings: CompletionSettings
    workspaces: Workspaces = field(default_factory=dict)  # the indexes by workspace folder
    frames: Frames | None = None  # if given, prompts of one place share their beginning, see `engine.completion.frame`
    speed: DecodeSpeed | None = None  # if given, it bounds what is asked for, and learns from each answer

    def complete(
        self,
        request: CompletionRequest,
        cancellation: CancellationToken,
        *,
        priority: Priority = Priority.COMPLETION,
        on_text: Callable[[str], None] = _ignore,
        alternatives: Sequence[int] = (),
    ) -> Outcome:
        """Return the completion at the cursor, or the reason why there is none.

        `on_text` gets the model's answer so far after each token, maybe in another thread. `alternatives` are those
        that the answer has for its tokens, see `Question`. Raises `PrivateTextError` if the document may not be sent to
        the server that completes.
        """
        if reason := request.cursor.why_not_completed:
            return Outcome(None, reason)
        if reason := self._why_not_sent(request):
            path, name = request.cursor.document.path, self.model.description.name
            raise PrivateTextError(f"{path} is not sent to the server of the model {name}: {reason}")
        watch = _Stopwatch()
        gap = gap_of(request, self.model, self.settings, self.speed.tokens_per_second if self.speed else None)
        prompt, snippets = self._prompt(request, gap, cancellation, watch)
        cancellation.check()
        is_enough = stop_rule(gap.mode, gap.cursor)

        def stop(text: str) -> bool:
            on_text(text)
            return is_enough(text)

        question = Question(
            prompt.tokens,
            gap.new_tokens,
            stop,
            stable_tokens=prompt.stable_tokens,
            priority=priority,
            alternatives=alternatives,
            least_log_prob=self._least_log_prob(),
            next_characters=True,
        )
        prompt, generated = self._generate(prompt, question, gap, cancellation)
        if self.speed:
            self.speed.record(generated)
        watch.stages_ms |= {"wait": generated.wait_ms, "prefill": generated.prefill_ms, "decode": generated.decode_ms}
        with watch.stage("post-process"):
            completion, silence = _finish(generated, gap, self._decider)
        return Outcome(completion, silence, prompt, generated, snippets, watch.stages_ms)

    def complete_candidates(
        self,
        request: CompletionRequest,
        cancellation: CancellationToken,
        count: int,
        on_candidate: Callable[[Outcome], None],
    ) -> None:
        """Give `on_candidate` up to `count` outcomes with different texts, the most probable first, as they come.

        A user who asks for several is shown what there is, whatever its confidence. If there is nothing, one outcome
        says why.
        """
        certain = replace(self, settings=replace(self.settings, confidence=0.0), speed=None)
        first = certain.complete(request, cancellation, alternatives=[ALTERNATIVES] * self.settings.max_new_tokens)
        on_candidate(first)
        if first.generated is None or first.prompt is None:
            return
        gap = gap_of(request, certain.model, certain.settings)
        decider = Decider.of(self.model.description.confidence, certain.settings)
        shown = {first.completion.text} if first.completion else set()
        for branch in find_branches(first.generated, self.model.tokenizer.decode):
            if len(shown) >= count:
                return
            generated = follow_branch(branch, first, gap, self.model, cancellation)
            if generated is None:
                continue
            completion, silence = _finish(generated, gap, decider)
            if completion is not None and completion.text not in shown:
                shown.add(completion.text)
                on_candidate(Outcome(completion, silence, first.prompt, generated, first.snippets))

    def refresh(self, request: CompletionRequest, cancellation: CancellationToken) -> None:
        """In a pause, bring the frame of the request's place up to date, so that the next key finds it read.

        If other references serve the place better by now, it is laid out again and the model reads it. Nothing happens
        without frames, or if nothing was completed there before. If it is cancelled, the old frame stays.
        """
        frames = self.frames
        if frames is None or request.cursor.why_not_completed or self._why_not_sent(request):
            return
        gap = gap_of(request, self.model, self.settings)
        place = self._place(gap)
        if frames.get(place) is None:
            return
        old = self._showable_frame(request, place)
        if old and frames.is_fresh(place, request.definitions):
            return
        catch_up(request, self.workspaces)
        cancellation.check()
        frame, _ = self._lay_out(request, gap, cancellation, _Stopwatch())
        if old and has_same_references(old, frame):
            frames.touch(place, request.definitions)
            return
        prompt = frame.whole(gap.mode, gap.cursor.prefix)
        reading = Question(
            prompt.tokens, 1, lambda _: True, stable_tokens=prompt.stable_tokens, priority=Priority.WARM_UP
        )
        self.model.generate(reading, cancellation)
        frames.put(place, frame, request.definitions, self._changes)

    def _why_not_sent(self, request: CompletionRequest) -> str:
        """Return why the document may not be sent to the model's server, or ""; "" for a model on this machine."""
        is_remote = self.model.description.is_remote
        return why_private(request.cursor.document, self.settings.excluded) if is_remote else ""

    def _prompt(
        self, request: CompletionRequest, gap: Gap, cancellation: CancellationToken, watch: _Stopwatch
    ) -> tuple[Prompt, tuple[Snippet, ...]]:
        """Return the prompt from the place's frame, or from a new frame and the snippets found for it."""
        place = self._place(gap)
        if frame := self._showable_frame(request, place):
            with watch.stage("prompt"):
                prompt = frame.prompt(gap.mode, gap.cursor.prefix, gap.cursor.shown_suffix)
            if prompt is not None:
                return prompt, ()
        frame, snippets = self._lay_out(request, gap, cancellation, watch)
        with watch.stage("prompt"):
            prompt = frame.whole(gap.mode, gap.cursor.prefix)
        if self.frames is None:
            return replace(prompt, stable_tokens=0), snippets  # no other prompt will share its beginning
        self.frames.put(place, frame, request.definitions, self._changes)
        return prompt, snippets

    def _showable_frame(self, request: CompletionRequest, place: Hashable) -> Frame | None:
        """Return a place's frame, unless something it refers to may no longer be shown: it is forgotten then.

        A file may have been deleted, ignored, changed, or been given a secret since its lines were found.
        """
        frames = self.frames
        if frames is None or (frame := frames.get(place)) is None:
            return None
        changes = self._changes
        if frames.changes(place) != changes:
            if not still_shows(request, self.workspaces, [use.snippet for use in frame.used]):
                frames.drop(place)
                return None
            frames.confirm(place, changes)
        return frame

    @property
    def _changes(self) -> Hashable:
        """A value that differs once any file of the workspaces has changed."""
        return tuple(index.changes for index in self.workspaces.values())

    def _place(self, gap: Gap) -> Hashable:
        """Return the key of a place's frame. It has the exclusions: what the user excludes is not shown any longer."""
        return gap.key, tuple((root, index.excluded) for root, index in self.workspaces.items())

    def _lay_out(
        self, request: CompletionRequest, gap: Gap, cancellation: CancellationToken, watch: _Stopwatch
    ) -> tuple[Frame, tuple[Snippet, ...]]:
        """Search the indexes, and return a frame with what fits into the budget."""
        cursor, root = gap.cursor, gap.cursor.document.root
        with watch.stage("context"):
            is_used = self.settings.use_context
            snippets = collect(request, self.workspaces, gap.prompt_tokens) if is_used else ()
        cancellation.check()
        with watch.stage("prompt"):
            contents = Contents(
                cursor.document.path,
                cursor.language,
                gap.mode,
                cursor.prefix,
                cursor.shown_suffix,
                repository=root.name if root else "",
            )
            encoder = PromptEncoder(self.model.description, self.model.tokenizer)
            frame = lay_out(encoder, contents, gap.prompt_tokens, snippets)
        return frame, snippets

    def _generate(
        self, prompt: Prompt, question: Question, gap: Gap, cancellation: CancellationToken
    ) -> tuple[Prompt, Generated]:
        """Return the answer, and the prompt that its tokens continue."""
        tokenizer = self.model.tokenizer
        heals_blanks = "infill" not in self.model.description.capabilities
        healed = find_healed_span(prompt, gap.cursor.line_before, tokenizer, heals_blanks=heals_blanks)
        if not question.alternatives:
            question = replace(question, healed_span=(healed.start, healed.end), kept_tokens=healed.kept)
        elif healed.is_blank:
            shorter, blank = healed.without_blank(prompt, tokenizer)

            def stop(text: str) -> bool:
                return not blank.startswith(text[: len(blank)]) or (
                    len(text) > len(blank) and question.stop(text[len(blank) :])
                )

            healing = replace(question, tokens=shorter.tokens, stable_tokens=shorter.stable_tokens, stop=stop)
            generated = self.model.generate(healing, cancellation)
            if generated.text.startswith(blank) and generated.text != blank:
                return shorter, generated.without_start(len(blank))
        return prompt, self.model.generate(question, cancellation)

    def _least_log_prob(self) -> float:
        """Return the log-probability below which an answer is given up. Most answers end so after a token or two."""
        threshold = self._decider.threshold * HOPELESS
        return math.log(threshold) if threshold > 0 else -math.inf

    @property
    def _decider(self) -> Decider:
        return Decider.of(self.model.description.confidence, self.settings)


def _finish(generated: Generated, gap: Gap, decider: Decider) -> Decision:
    """Return what is decided, with the document's line ends."""
    completion, silence = decider.decide(generated, gap.mode, gap.cursor)
    if completion is not None:
        completion = replace(completion, text=gap.cursor.with_line_ends(completion.text))
    return completion, silence
