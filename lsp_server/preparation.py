"""What comes behind the suggestion on the screen, asked for while nobody waits for anything else.

The answer goes into the cache, where it is found once the suggestion is accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from engine.completion_cache import Place
from engine.types import Cancelled, EngineError
from lsp_server.request_token import RequestToken

# The place to ask at, where an answer is wanted, and what to do.
Planned = tuple[Place | None, Callable[[RequestToken], Awaitable[None]]]
Plan = Callable[[], Planned | None]  # None where there is nothing to do by now


@dataclass
class _Run:
    token: RequestToken = field(default_factory=RequestToken)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    place: Place | None = None  # once the model is being asked


class Preparation:
    """One at a time, on the event loop. `idle` waits for a pause, or for its event."""

    def __init__(self, idle: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self.idle = idle
        self.task: asyncio.Task[None] | None = None
        self._run = _Run()

    def begin(self, plan: Plan) -> None:
        """Follows `plan` once the person pauses."""
        self.cancel()
        self._run = _Run()
        self.task = asyncio.ensure_future(self._follow(self._run, plan))

    def adopt(self, task: asyncio.Task[None], token: RequestToken) -> None:
        """Work that nobody waits for any more may go on as if it were a preparation."""
        self.cancel()
        self._run, self.task = _Run(token), task

    def hurry(self) -> None:
        """The suggestion was accepted: what follows it is wanted now."""
        self._run.hurry.set()

    def cancel(self) -> None:
        self._run.token.cancel()
        if self.task:
            self.task.cancel()
            self.task = None

    async def make_way(self, place: Place | None, token: RequestToken) -> None:
        """Something is asked at `place`. What is under way ends at once, but for the very same, which is awaited."""
        if self.task is None or place is None or self._run.place is None or not self._run.place.is_at(place):
            self.cancel()
            return
        try:
            await token.or_done(self.task)
        except asyncio.CancelledError:
            self.cancel()
            raise
        if token.is_cancelled:
            self.cancel()

    async def _follow(self, run: _Run, plan: Plan) -> None:
        await self.idle(run.hurry)
        if planned := plan():
            run.place, ask = planned
            with suppress(Cancelled, EngineError):
                await ask(run.token)
