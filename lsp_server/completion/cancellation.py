"""The cancellation token of an editor's request."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.types import CancellationToken


class RequestToken(CancellationToken):
    """Watched by the engine in its thread, and on the event loop as `superseded`. Cancelled on the event loop only."""

    def __init__(self) -> None:
        super().__init__()
        self.superseded = asyncio.Event()

    def cancel(self) -> None:
        super().cancel()
        self.superseded.set()

    async def or_done(self, *work: asyncio.Future[Any], timeout_seconds: float | None = None) -> None:
        """Wait until one of these is done, the request is superseded, or the time is over. The work goes on."""
        superseded = asyncio.ensure_future(self.superseded.wait())
        try:
            await asyncio.wait([*work, superseded], timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            superseded.cancel()
