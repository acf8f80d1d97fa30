"""The cancellation token of a request of the editor's."""

from __future__ import annotations

import asyncio

from engine.types import CancellationToken


class RequestToken(CancellationToken):
    """Watched by the engine in its thread and, as `superseded`, on the event loop, where alone it may be cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.superseded = asyncio.Event()

    def cancel(self) -> None:
        super().cancel()
        self.superseded.set()
