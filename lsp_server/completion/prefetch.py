"""What will be asked next, asked while nobody waits for anything else: the answers go into the cache.

First what the next key may make of the document; in a pause, what comes behind the suggestion on the screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from engine.completion.cache import Place
from engine.types import Cancelled, EngineError
from lsp_server.completion.cancellation import RequestToken

# The place to ask at, where an answer is wanted, and what to do.
Planned = tuple[Place | None, Callable[[RequestToken], Awaitable[object]]]
Plan = Callable[[], Planned | None]  # None where there is nothing to do by now


@dataclass
class _Run:
    token: RequestToken = field(default_factory=RequestToken)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    place: Place | None = None  # where the model is being asked, and the question
    asking: asyncio.Future[object] | None = None


class Preparation:
    """One at a time, on the event loop. `idle` waits for a pause, or for its event."""

    def __init__(self, idle: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self.idle = idle
        self.task: asyncio.Task[None] | None = None
        self._run = _Run()

    def begin(self, plan: Plan, at_once: Iterable[Planned] = ()) -> None:
        """Does what is `at_once` to be done, one after the other, and follows `plan` once the person pauses.

        `at_once` is looked at when its turn comes, not before this returns.
        """
        self.cancel()
        self._run = _Run()
        self.task = asyncio.ensure_future(self._follow(self._run, plan, at_once))

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
        run = self._run
        try:
            if self.task and run.asking and place and run.place and run.place.is_at(place):
                await token.or_done(run.asking)
        finally:
            if run is self._run:
                self.cancel()

    async def _follow(self, run: _Run, plan: Plan, at_once: Iterable[Planned]) -> None:
        for each in at_once:
            await self._do(run, each)
        await self.idle(run.hurry)
        if planned := plan():
            await self._do(run, planned)

    async def _do(self, run: _Run, planned: Planned) -> None:
        run.place, ask = planned
        run.asking = asyncio.ensure_future(ask(run.token))
        with suppress(Cancelled, EngineError):
            await run.asking
        run.asking = None
