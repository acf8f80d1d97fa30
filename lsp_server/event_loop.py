"""From other threads to the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec

P = ParamSpec("P")


def from_any_thread(call: Callable[P, object]) -> Callable[P, None]:
    """Return a function for any thread that lets the running event loop call `call` soon.

    It does nothing once the loop has ended, as it does when the client is gone.
    """
    loop = asyncio.get_running_loop()

    def schedule(*args: P.args, **kwargs: P.kwargs) -> None:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: call(*args, **kwargs))

    return schedule
