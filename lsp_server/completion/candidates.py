"""Several suggestions for one explicit request: each is sent as it comes, if the client takes partial results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lsp_server.completion.cancellation import RequestToken

MAX_CANDIDATES = 3
MAX_WAIT_SECONDS = 3.0  # for all of them, if they cannot be streamed; later ones serve the next request


class Candidates:
    """Different texts, in the order they came. `send` is given each at once; None keeps them for the response."""

    def __init__(self, send: Callable[[str], None] | None) -> None:
        self._send = send
        self.texts: list[str] = []
        self._full = asyncio.Event()
        self._is_closed = False

    def add(self, text: str) -> bool:
        """Return whether the text becomes a candidate: different, not too late, and not one too many."""
        if self._is_closed or text in self.texts or self.is_full:
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

    async def wait(self, generating: asyncio.Future[None], token: RequestToken) -> None:
        """Wait until all are here, no more will come, the request is superseded, or the response cannot wait longer."""
        full = asyncio.ensure_future(self._full.wait())
        try:
            await token.or_done(generating, full, timeout_seconds=None if self._send else MAX_WAIT_SECONDS)
        finally:
            self._is_closed = True
            full.cancel()
