"""A request to the model that may outlive the editor's request for which it was begun.

A key that goes the way the model is going makes the editor's request old, not the answer: what is left of it answers
the next request, and nothing is read or decoded again. A key that goes another way ends it within a decode step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from engine.document import Cursor
from engine.types import CancellationToken, Cancelled, EngineError, Outcome
from lsp_server.completion.cancellation import RequestToken

GRACE_SECONDS = 0.1  # between an editor's cancel and the request of its next key

# Asks the model, given a token and what to call with the text so far.
AskModel = Callable[[CancellationToken, Callable[[str], None]], Awaitable[Outcome]]


class InFlightCompletion:
    """On the event loop, except for `on_text`."""

    def __init__(self, cursor: Cursor, ask: AskModel) -> None:
        self._cursor = cursor
        self._token = CancellationToken()
        self._typed = ""  # since then
        self._generated = ""  # so far
        self._task = asyncio.ensure_future(ask(self._token, self.on_text))
        # Retrieve the exception, or asyncio logs it if nobody waits any more.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._grace: asyncio.TimerHandle | None = None

    def on_text(self, text: str) -> None:
        """Take the answer so far, in another thread. The model is stopped once that contradicts what was typed."""
        self._generated = text
        if not self._is_on_track:
            self._token.cancel()

    def still_matches(self, cursor: Cursor) -> bool:
        """Return whether the answer may still fit: the document has changed by typing alone, in the model's direction.

        If not, the model is stopped. Return False as well if the answer is there already.
        """
        begun = self._cursor
        if cursor.prefix.startswith(begun.prefix) and cursor.shown_suffix == begun.shown_suffix:
            self._typed = cursor.prefix[len(begun.prefix) :]
            if self._is_on_track and not self._token.is_cancelled:
                self._keep()
                return not self._task.done()
        self.cancel()
        return False

    def cancel(self) -> None:
        self._keep()
        self._token.cancel()

    def cancel_soon(self) -> None:
        """Stop the model, unless the next key's request still matches: many editors cancel before each request."""
        self._grace = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._token.cancel)

    async def outcome(self, request: RequestToken) -> Outcome | None:
        """Return the answer; None if `request` is superseded first. Raises what the model raises."""
        await request.or_done(self._task)
        if request.is_cancelled:
            return None
        return self._task.result()

    async def wait_until_done(self, request: RequestToken) -> None:
        """Wait until the answer is there or given up, or `request` is superseded."""
        with suppress(Cancelled, EngineError):
            await self.outcome(request)

    @property
    def _is_on_track(self) -> bool:
        shorter = min(len(self._generated), len(self._typed))
        return self._generated[:shorter] == self._typed[:shorter]

    def _keep(self) -> None:
        if self._grace:
            self._grace.cancel()
            self._grace = None
