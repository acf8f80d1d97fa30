"""The state of each open document, apart from its text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from engine.types import Location
from lsp_server.completion.cancellation import RequestToken
from lsp_server.completion.in_flight import InFlightCompletion


class DocumentState:
    """The state of one document. On the event loop."""

    def __init__(self) -> None:
        self._changes = 0  # of its own text
        self._dismissed_at: int | None = None  # the offset where the user wants no suggestion
        self._running: RequestToken | None = None  # of the editor's request that is being answered
        self._in_flight: InFlightCompletion | None = None  # the last request to the model
        self._definitions: tuple[Location, ...] = ()

    @property
    def changes(self) -> int:
        """The number of changes of its text."""
        return self._changes

    def text_changed(self) -> None:
        self._changes += 1
        self._dismissed_at = None

    def dismiss(self, offset: int) -> None:
        """Show nothing there until the text changes."""
        self._dismissed_at = offset

    def is_dismissed(self, offset: int) -> bool:
        return self._dismissed_at == offset

    @property
    def definitions(self) -> tuple[Location, ...]:
        """The lines where the editor knows the names at the cursor to be defined."""
        return self._definitions

    def define(self, definitions: tuple[Location, ...]) -> None:
        self._definitions = definitions

    @property
    def in_flight(self) -> InFlightCompletion | None:
        """The last request to the model, whether it is still under way or not."""
        return self._in_flight

    def begin(self, in_flight: InFlightCompletion) -> InFlightCompletion:
        """Remember a request to the model and return it."""
        self._in_flight = in_flight
        return in_flight

    @property
    def is_waiting(self) -> bool:
        """True while a request of the editor is being answered."""
        return self._running is not None

    @contextmanager
    def newest_request(self) -> Iterator[RequestToken]:
        """Give the token of a request of the editor that supersedes the one before.

        If the editor cancels the request, the token is cancelled at once. What the model is generating is given up only
        a little later: the next key may still want it.
        """
        if self._running:
            self._running.cancel()
        token = self._running = RequestToken()
        try:
            yield token
        except asyncio.CancelledError:
            token.cancel()
            if self._in_flight:
                self._in_flight.cancel_soon()
            raise
        finally:
            if self._running is token:
                self._running = None

    def close(self) -> None:
        """Give up all that is under way."""
        if self._running:
            self._running.cancel()
        if self._in_flight:
            self._in_flight.cancel()


class OpenDocuments:
    """The states by URI, and the epochs of what the model could see. On the event loop."""

    def __init__(self) -> None:
        self._states: dict[str, DocumentState] = {}
        self._changes = 0  # of all that the model could see

    def state(self, uri: str) -> DocumentState:
        """Return the state of an open document."""
        return self._states.setdefault(uri, DocumentState())

    def get(self, uri: str) -> DocumentState | None:
        """Return the state of a document that may be closed by now."""
        return self._states.get(uri)

    def epoch(self, uri: str) -> int:
        """Return a number that changes whenever anything but this document changes that the model could see."""
        state = self.get(uri)
        return self._changes - (state.changes if state else 0)

    def text_changed(self, uri: str) -> None:
        """Note that a document was opened or edited."""
        self._changes += 1
        self.state(uri).text_changed()

    def context_changed(self) -> None:
        """Note that files that are not open have changed, or are no longer shown to the model."""
        self._changes += 1

    def close(self, uri: str) -> None:
        self._changes += 1
        if state := self._states.pop(uri, None):
            state.close()

    @property
    def is_any_waiting(self) -> bool:
        """True while the editor waits for a completion in any document."""
        return any(state.is_waiting for state in self._states.values())

    def stop(self) -> None:
        for state in self._states.values():
            state.close()
