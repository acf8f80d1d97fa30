"""Where chat models speak: threads of their own, so that an answer of minutes never holds a completion up.

What a completion and an answer share is the engine process, which serves the more urgent first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from engine.types import CancellationToken
from lsp_server.event_loop import from_any_thread

T = TypeVar("T")

MAX_ANSWERS_AT_ONCE = 4  # more wait; the engine process speaks for one at a time anyway


class AnswerWorker:
    """On the event loop, but for the work itself."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MAX_ANSWERS_AT_ONCE, thread_name_prefix="answer")
        self._running: set[CancellationToken] = set()

    async def run(self, work: Callable[[], T], cancellation: CancellationToken) -> T:
        """Does `work` in a thread; what was still waiting when it is cancelled is never begun.

        Raises `Cancelled` at once: a compiler that is under way is not waited for.
        """
        loop = asyncio.get_running_loop()
        stopped: asyncio.Future[None] = loop.create_future()

        def begin() -> T:
            cancellation.check()
            return work()

        def stop() -> None:
            if not stopped.done():
                stopped.set_result(None)

        self._running.add(cancellation)
        try:
            with cancellation.on_cancel(from_any_thread(stop)):
                done = loop.run_in_executor(self._threads, begin)
                # Where nobody waits for it any more, asyncio would log a fault.
                done.add_done_callback(lambda future: future.cancelled() or future.exception())
                either: set[asyncio.Future[Any]] = {done, stopped}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            cancellation.check()
            return done.result()
        finally:
            self._running.discard(cancellation)

    def stop(self) -> None:
        for token in tuple(self._running):
            token.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
