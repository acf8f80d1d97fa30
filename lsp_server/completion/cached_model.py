"""The model that completes, and the cache of its answers, under the settings of now."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.completion.cache import CacheHit, CompletionCache, Place
from engine.completion.decide import Decider
from engine.types import CancellationToken, Outcome, Priority
from lsp_server.completion.candidates import MAX_CANDIDATES
from lsp_server.completion.request import InlineRequest
from lsp_server.event_loop import from_any_thread
from lsp_server.models.worker import ModelWorker
from lsp_server.settings import Settings
from lsp_server.workspace.folders import WorkspaceFolders

if TYPE_CHECKING:  # imported when a model is loaded
    from engine.completion.pipeline import Completer
    from engine.context.collect import Workspaces


@dataclass(frozen=True)
class Answer:
    """A completion or the reason for none, and where it comes from."""

    outcome: Outcome
    next_characters: Sequence[str] = ()  # likely to be typed next
    found: str = ""  # how the cache knew it, "" if the model was asked

    @classmethod
    def of(cls, outcome: Outcome) -> Answer:
        """Return the model's own answer."""
        return cls(outcome, outcome.generated.next_characters if outcome.generated else ())

    @property
    def text(self) -> str:
        return self.outcome.completion.text if self.outcome.completion else ""


class CachedModel:
    """On the event loop. What was generated under other settings is forgotten."""

    def __init__(self, worker: ModelWorker, folders: WorkspaceFolders) -> None:
        self._worker, self._folders = worker, folders
        self._settings = Settings()
        self._cache = CompletionCache()
        self._all_known_at: Place | None = None  # the last place for which every candidate is in the cache

    def apply_settings(self, settings: Settings) -> None:
        self._settings = settings
        self._all_known_at = None
        self._cache.clear()

    @property
    def lookups(self) -> Counter[str]:
        """The number of lookups in the cache by how they ended."""
        return self._cache.counts

    def look_up(self, request: InlineRequest) -> Answer | None:
        """Return what the cache knows for the request; None if the model must be asked."""
        began = time.perf_counter()
        found = self._cache.lookup(request.place, request.cursor, self._decider)
        return _answer_of(found, request, (time.perf_counter() - began) * 1000) if found else None

    def look_up_all(self, request: InlineRequest) -> Iterator[Answer]:
        """Return every different answer that the cache knows for the request, the best first."""
        for found in self._cache.find_all(request.place, request.cursor, self._decider):
            yield _answer_of(found, request)

    def knows(self, request: InlineRequest) -> bool:
        """Return whether the model was asked exactly this."""
        return self._cache.knows(request.place)

    def knows_all(self, request: InlineRequest) -> bool:
        """Return whether the model was asked for every candidate at this place, and at no other since."""
        return self._all_known_at is not None and self._all_known_at.is_at(request.place)

    async def ask(
        self, request: InlineRequest, token: CancellationToken, on_text: Callable[[str], None], *, ahead: bool = False
    ) -> Outcome:
        """Ask the model.

        `ahead` means that nobody waits for the answer. `on_text` is given it as it grows, in another thread.

        Raises `Cancelled` and `EngineError`, as all that asks the model here.
        """
        settings, priority = self._settings, Priority.WARM_UP if ahead else Priority.COMPLETION

        def work(completer: Completer) -> Outcome:
            return completer.complete(request.request, token, priority=priority, on_text=on_text)

        outcome = await self._worker.run(settings, self._indexes, token, work)
        if settings is self._settings:
            self._cache.put(request.place, outcome, on_screen=not ahead)
        return outcome

    async def ask_several(
        self, request: InlineRequest, token: CancellationToken, on_answer: Callable[[Answer], None]
    ) -> None:
        """Ask the model for different answers. `on_answer` is given each as it comes, on the event loop."""
        settings, rank = self._settings, 0

        def on_candidate(outcome: Outcome) -> None:
            nonlocal rank
            if settings is self._settings:
                self._cache.put(request.place, outcome, rank)
            rank += 1
            on_answer(Answer.of(outcome))

        give = from_any_thread(on_candidate)

        def work(completer: Completer) -> None:
            completer.complete_candidates(request.request, token, MAX_CANDIDATES, give)

        await self._worker.run(settings, self._indexes, token, work)
        self._all_known_at = request.place

    async def refresh(self, request: InlineRequest, token: CancellationToken) -> None:
        """Bring up to date what prompts at the request's place refer to."""
        await self._worker.run(
            self._settings, self._indexes, token, lambda completer: completer.refresh(request.request, token)
        )

    def take_off_screen(self, uri: str) -> None:
        """Show what was shown in a document again only if it is likely again."""
        self._cache.take_off_screen(uri)

    def forget(self, uri: str) -> None:
        """Forget a document."""
        self._cache.forget(uri)

    @property
    def _decider(self) -> Decider:
        return Decider.of(self._worker.confidence, self._settings.completion)

    @property
    def _indexes(self) -> Workspaces:
        return dict(self._folders.indexes)


def _answer_of(found: CacheHit, request: InlineRequest, took_ms: float = 0.0) -> Answer:
    """Return what the cache found, with the document's line ends."""
    completion = found.completion
    if completion:
        completion = replace(completion, text=request.cursor.with_line_ends(completion.text))
    outcome = Outcome(completion, found.silence, found.receipt, stages_ms={"cache": took_ms})
    return Answer(outcome, found.next_characters, found.kind)
