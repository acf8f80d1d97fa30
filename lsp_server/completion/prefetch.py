"""Requests that nobody waits for yet: their answers go into the cache.

First what the next key may make of the document; in a pause, what comes after the suggestion on the screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from engine.completion.cache import Place
from engine.types import Cancelled, EngineError
from lsp_server.completion.cancellation import RequestToken


@dataclass(frozen=True)
class PrefetchStep:
    """One thing to do ahead."""

    place: Place | None  # that it makes an answer for; None if it makes none
    run: Callable[[RequestToken], Awaitable[object]]


# Chooses what to do in a pause, when that begins; None for nothing.
PausePlan = Callable[[], PrefetchStep | None]


@dataclass
class _Run:
    token: RequestToken = field(default_factory=RequestToken)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    step: PrefetchStep | None = None  # under way
    work: asyncio.Future[object] | None = None  # its


class Prefetch:
    """One run at a time, on the event loop."""

    def __init__(self, wait_for_pause: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self.wait_for_pause = wait_for_pause  # returns early once its event is set
        self.task: asyncio.Task[None] | None = None
        self._run = _Run()

    def begin(self, plan: PausePlan, at_once: Iterable[PrefetchStep] = ()) -> None:
        """Run the steps `at_once` one after the other, then, once the user pauses, the one that `plan` chooses.

        The iterable is not advanced before this returns, and only as each step's turn comes.
        """
        self.cancel()
        self._run = _Run()
        self.task = asyncio.ensure_future(self._follow(self._run, plan, at_once))

    def adopt(self, task: asyncio.Task[None], token: RequestToken) -> None:
        """Let work go on that nobody waits for any more, until something else is begun or requested."""
        self.cancel()
        self._run, self.task = _Run(token), task

    def hurry(self) -> None:
        """Do not wait for a pause: the suggestion was accepted, and what follows it is wanted now."""
        self._run.hurry.set()

    def cancel(self) -> None:
        self._run.token.cancel()
        if self.task:
            self.task.cancel()
            self.task = None

    async def make_way(self, place: Place, token: RequestToken) -> None:
        """End what is under way, because a request at `place` came. Wait for it instead if it answers that request."""
        run = self._run
        try:
            if self.task and run.work and run.step and run.step.place and run.step.place.is_at(place):
                await token.or_done(run.work)
        finally:
            if run is self._run:
                self.cancel()

    async def _follow(self, run: _Run, plan: PausePlan, at_once: Iterable[PrefetchStep]) -> None:
        for step in at_once:
            await self._do(run, step)
        await self.wait_for_pause(run.hurry)
        if step_in_pause := plan():
            await self._do(run, step_in_pause)

    async def _do(self, run: _Run, step: PrefetchStep) -> None:
        run.step = step
        run.work = asyncio.ensure_future(step.run(run.token))
        with suppress(Cancelled, EngineError):
            await run.work
        run.work = None
