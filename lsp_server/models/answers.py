"""Threads in which chat models answer, so that an answer of minutes never delays a completion.

Completions and answers share the engine process, which serves the more urgent first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from engine.types import CancellationToken
from lsp_server.event_loop import from_any_thread

T = TypeVar("T")

MAX_ANSWERS_AT_ONCE = 4  # more wait; the engine process generates one at a time anyway


class AnswerWorker:
    """On the event loop, except for the work itself."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MAX_ANSWERS_AT_ONCE, thread_name_prefix="answer")
        self._running: set[CancellationToken] = set()

    async def run(self, work: Callable[[], T], cancellation: CancellationToken) -> T:
        """Do `work` in a thread. Work that is cancelled while it waits for a thread is never begun.

        Raises `Cancelled` at once, without waiting for a compiler that is running.
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
                # Retrieve the exception, or asyncio logs it if nobody waits any more.
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
