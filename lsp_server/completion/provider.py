"""Suggestions for the open documents: from the cache, else from the model, which is also asked ahead."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from engine.document import Cursor
from engine.machine import is_on_battery
from engine.types import CancellationToken, Cancelled, EngineError, Outcome
from lsp_server.client import Client
from lsp_server.completion.cached_model import Answer, CachedModel
from lsp_server.completion.cancellation import RequestToken
from lsp_server.completion.candidates import Candidates
from lsp_server.completion.definitions import DefinitionFinder
from lsp_server.completion.document_state import DocumentState, OpenDocuments
from lsp_server.completion.in_flight import InFlightCompletion
from lsp_server.completion.next_keys import cursors_after_next_key
from lsp_server.completion.offers import Offers
from lsp_server.completion.prefetch import Prefetch, PrefetchStep
from lsp_server.completion.receipts import send_receipt, trace_completion, trace_silence
from lsp_server.completion.request import InlineRequest
from lsp_server.completion.typing_rhythm import TypingRhythm
from lsp_server.settings import Settings

MAX_PREFETCHED_KEYS = 3


@dataclass(frozen=True)
class Suggestion:
    """A text to insert at the cursor."""

    text: str
    offer: str  # the id by which the client reports what became of it


class CompletionProvider:
    """On the event loop."""

    def __init__(
        self, client: Client, model: CachedModel, documents: OpenDocuments, definitions: DefinitionFinder
    ) -> None:
        self._client, self._model = client, model
        self._documents, self._definitions = documents, definitions
        self._sends_receipts = False
        self.offers = Offers()
        self.rhythm = TypingRhythm()
        self.prefetch = Prefetch(self.rhythm.wait_for_pause)
        self._prefetched_uri = ""  # the document that something was asked ahead for last

    def apply_settings(self, settings: Settings) -> None:
        self._sends_receipts = settings.sends_receipts
        self._model.apply_settings(settings)

    async def suggest(self, request: InlineRequest, token: RequestToken) -> Suggestion | None:
        """Return the best suggestion: from the cache at once, else from the model once the user pauses.

        None if there is none, or if `token` is cancelled meanwhile. Raises `Cancelled` and `EngineError`.
        """
        state = self._documents.state(request.uri)
        await self.prefetch.make_way(request.place, token)
        if token.is_cancelled:
            return None
        if state.is_dismissed(request.cursor.offset):
            trace_silence(self._client, request.cursor.document.path, "it was dismissed here, until the text changes")
            return None
        answer = self._model.look_up(request)
        in_flight = state.in_flight
        if in_flight and in_flight.still_matches(request.cursor) and answer is None:
            await in_flight.wait_until_done(token)
            if token.is_cancelled:
                return None
            answer = self._model.look_up(request)
        answer = answer or await self._generate(request, state, token)
        if answer is None:
            return None
        self._report(request, answer)
        suggestion = self._offer(request, answer.text) if answer.text else None
        self._prefetch_next(request, answer.text, answer.next_characters)
        return suggestion

    async def suggest_several(
        self, request: InlineRequest, token: RequestToken, send: Callable[[Suggestion], None] | None
    ) -> list[Suggestion]:
        """Return different suggestions: those in the cache, then those of the model, in the order they come.

        `send`, if the client takes partial results, is given each at once, and none is returned. Raises `Cancelled` and
        `EngineError`.
        """
        await self.prefetch.make_way(request.place, token)
        if token.is_cancelled:
            return []
        candidates = Candidates((lambda text: send(self._offer(request, text))) if send else None)
        for answer in self._model.look_up_all(request):
            if candidates.add(answer.text):
                self._send_receipt(request, answer)
        is_complete = True
        if not candidates.is_full and not self._model.knows_all(request):
            is_complete = await self._wait_for_candidates(request, token, candidates)
        if token.is_cancelled or not candidates.texts:
            return []
        if is_complete:
            self._prefetch_next(request, candidates.texts[0])
        return [] if send else [self._offer(request, text) for text in candidates.texts]

    def accept(self, offer: str) -> None:
        """Note that the user took a suggestion: what follows it is wanted now."""
        if self.offers.get(offer):
            self.offers.accept(offer)
            self.prefetch.hurry()

    def dismiss(self, offer: str) -> None:
        """Note that the user does not want a suggestion, and show none there until the text changes."""
        if known := self.offers.get(offer):
            self.offers.dismiss(offer)
            self._model.take_off_screen(known.uri)
            if state := self._documents.get(known.uri):
                state.dismiss(known.offset)

    def forget(self, uri: str) -> None:
        """Forget a document that was closed."""
        if uri == self._prefetched_uri:
            self.prefetch.cancel()  # its text would be looked at as if it were open
        self._model.forget(uri)

    @property
    def lookups(self) -> Counter[str]:
        """The number of lookups in the cache by how they ended."""
        return self._model.lookups

    def stop(self) -> None:
        self.prefetch.cancel()

    # One answer

    async def _generate(self, request: InlineRequest, state: DocumentState, token: RequestToken) -> Answer | None:
        """Ask the model, once the user pauses. What has begun outlives a request whose next key goes its way."""
        if not await self.rhythm.wait_out_delay(token.superseded):
            return None
        in_flight = state.begin(InFlightCompletion(request.cursor, partial(self._ask, request)))
        outcome = await in_flight.outcome(token)
        return Answer.of(outcome) if outcome else None

    async def _ask(
        self,
        request: InlineRequest,
        token: CancellationToken,
        on_text: Callable[[str], None] = lambda _: None,
        *,
        ahead: bool = False,
    ) -> Outcome:
        outcome = await self._model.ask(request, token, on_text, ahead=ahead)
        if outcome.generated:
            self.rhythm.note_answer(outcome.generated.prefill_ms)
        return outcome

    # Several answers

    async def _wait_for_candidates(self, request: InlineRequest, token: RequestToken, candidates: Candidates) -> bool:
        """Let the model add candidates. Return False if more are still to come; those are kept for the next request."""
        generating = asyncio.ensure_future(self._generate_candidates(request, token, candidates))
        try:
            await candidates.wait(generating, token)
        except asyncio.CancelledError:
            generating.cancel()
            raise
        if token.is_cancelled:
            return False
        if generating.done():
            generating.result()
            return True
        self._prefetched_uri = request.uri
        self.prefetch.adopt(generating, token)
        return False

    async def _generate_candidates(self, request: InlineRequest, token: RequestToken, candidates: Candidates) -> None:
        def on_answer(answer: Answer) -> None:
            if answer.outcome.completion is None or candidates.add(answer.text):
                self._report(request, answer)

        try:
            await self._model.ask_several(request, token, on_answer)
        except Cancelled:
            return
        except EngineError as fault:  # the request may have been answered by now
            self._client.report_fault(str(fault))

    # Prefetching

    def _prefetch_next(self, request: InlineRequest, completion: str, next_characters: Sequence[str] = ()) -> None:
        """Ask for answers to the likely next keys while nobody waits, and in a pause for what follows the completion.

        Then the references of the prompts here are brought up to date as well.
        """

        def plan() -> PrefetchStep | None:
            if not completion:
                return PrefetchStep(None, partial(self._refresh, request))
            following = self._moved(request, request.cursor.after_typing(completion))
            if self._documents.is_any_waiting or self._model.knows(following):
                return None
            return PrefetchStep(following.place, partial(self._ask_following, following))

        self._prefetched_uri = request.uri
        self.prefetch.begin(plan, self._next_keys(request, completion, next_characters))

    def _next_keys(
        self, request: InlineRequest, completion: str, next_characters: Sequence[str]
    ) -> Iterator[PrefetchStep]:
        """Give a step for each next key that the cache could not answer, as many as there is time for."""
        count = min(MAX_PREFETCHED_KEYS, self.rhythm.spare_answers())
        if not count or is_on_battery():
            return
        for cursor in cursors_after_next_key(request.cursor, completion, next_characters):
            following = self._moved(request, cursor)
            if not self._model.knows(following):
                yield PrefetchStep(following.place, partial(self._ask, following, ahead=True))
                count -= 1
                if not count:
                    return

    async def _ask_following(self, request: InlineRequest, token: RequestToken) -> None:
        await self._refresh(request, token)
        await self._ask(request, token, ahead=True)

    async def _refresh(self, request: InlineRequest, token: RequestToken) -> None:
        if state := self._documents.get(request.uri):
            await self._definitions.update(state, request.uri, request.position)
            fresh = replace(request.request, definitions=state.definitions)
            await self._model.refresh(replace(request, request=fresh), token)

    def _moved(self, request: InlineRequest, cursor: Cursor) -> InlineRequest:
        return request.moved_to(cursor, self._documents.epoch(request.uri))

    # Messages to the client

    def _offer(self, request: InlineRequest, text: str) -> Suggestion:
        return Suggestion(text, self.offers.add(request.uri, request.cursor.offset, text))

    def _report(self, request: InlineRequest, answer: Answer) -> None:
        self._client.clear_error()
        trace_completion(self._client, request.request, answer.outcome, self.lookups, found=answer.found)
        self._send_receipt(request, answer)

    def _send_receipt(self, request: InlineRequest, answer: Answer) -> None:
        if self._sends_receipts:
            send_receipt(self._client, request.uri, answer.outcome)
