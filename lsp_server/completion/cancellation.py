"""The cancellation token of a request of the editor's."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.types import CancellationToken


class RequestToken(CancellationToken):
    """Watched by the engine in its thread and, as `superseded`, on the event loop, where alone it may be cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.superseded = asyncio.Event()

    def cancel(self) -> None:
        super().cancel()
        self.superseded.set()

    async def or_done(self, *work: asyncio.Future[Any], timeout_seconds: float | None = None) -> None:
        """Waits until the first of these is done, the request is superseded, or so long. The work goes on."""
        superseded = asyncio.ensure_future(self.superseded.wait())
        try:
            await asyncio.wait([*work, superseded], timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            superseded.cancel()
