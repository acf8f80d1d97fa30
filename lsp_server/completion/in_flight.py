"""A question to the model that may outlive the request it was asked for.

A key that goes the way the model is going makes the request old, not the answer: what is left of it answers the next
request, without reading or decoding anything again. A key that goes another way ends it within a decode step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from engine.document import Cursor
from engine.types import CancellationToken, Cancelled, EngineError, Outcome
from lsp_server.completion.cancellation import RequestToken

GRACE_SECONDS = 0.1  # between an editor's cancel and the request of its next key

# Asks the model: told the token, and what to call with the text so far.
Ask = Callable[[CancellationToken, Callable[[str], None]], Awaitable[Outcome]]


class Asking:
    """On the event loop, but for `hear`. `cursor` is where the model is asked."""

    def __init__(self, cursor: Cursor, ask: Ask) -> None:
        self._cursor = cursor
        self._token = CancellationToken()
        self._typed = ""
        self._said = ""
        self._task = asyncio.ensure_future(ask(self._token, self.hear))
        # Whoever waits hears of a fault; where the request is gone, nobody does, and asyncio would log that.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._grace: asyncio.TimerHandle | None = None

    def hear(self, said: str) -> None:
        """In another thread: the answer so far. One that what was typed since has left behind is given up."""
        self._said = said
        if not self._is_on_track:
            self._token.cancel()

    def leads_to(self, cursor: Cursor) -> bool:
        """Whether the document has become what it is now by typing alone, and the answer may still fit.

        Where not, the model is freed.
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
        """The editor has cancelled: often only to ask again with the next key."""
        self._grace = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._token.cancel)

    async def outcome(self, request: RequestToken) -> Outcome | None:
        """The answer; None where `request` was superseded meanwhile. Raises as the model does."""
        await request.or_done(self._task)
        if request.is_cancelled:
            return None
        return self._task.result()

    async def ends(self, request: RequestToken) -> None:
        """Waits for the answer to be there, to be given up, or for `request` to be superseded."""
        with suppress(Cancelled, EngineError):
            await self.outcome(request)

    @property
    def _is_on_track(self) -> bool:
        shorter = min(len(self._said), len(self._typed))
        return self._said[:shorter] == self._typed[:shorter]

    def _keep(self) -> None:
        if self._grace:
            self._grace.cancel()
            self._grace = None
