"""Several suggestions for one explicit request: each goes out as it comes, where the client takes partial results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lsp_server.completion.cancellation import RequestToken

MAX_CANDIDATES = 3
MAX_WAIT_SECONDS = 3.0  # for all of them, where they cannot be streamed; later ones are there for the next request


class Candidates:
    """Different suggestions, in the order they came. `send` gets each at once; None keeps them for the response."""

    def __init__(self, send: Callable[[str], None] | None) -> None:
        self._send = send
        self.texts: list[str] = []
        self._full = asyncio.Event()
        self._closed = False

    def add(self, text: str) -> bool:
        """Whether it is one more that is shown: different, not too late, and not too many."""
        if self._closed or text in self.texts or self.is_full:
            return False
        self.texts.append(text)
        if self._send:
            self._send(text)
        if self.is_full:
            self._full.set()
        return True

    @property
    def is_full(self) -> bool:
        return len(self.texts) >= MAX_CANDIDATES

    async def wait(self, asking: asyncio.Future[None], token: RequestToken) -> None:
        """Until all are here, no more will come, the request is superseded, or it takes too long to hold it back."""
        full = asyncio.ensure_future(self._full.wait())
        try:
            await token.or_done(asking, full, timeout_seconds=None if self._send else MAX_WAIT_SECONDS)
        finally:
            self._closed = True
            full.cancel()
