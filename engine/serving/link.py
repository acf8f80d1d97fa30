"""One connection to one engine process: requests have numbers, and each response finds the thread that waits for it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import TypeVar

from engine.serving import messages
from engine.serving.channel import Channel
from engine.serving.messages import ModelKey
from engine.types import CancellationToken, EngineError

LOOK_SECONDS = 5.0  # of silence before the engine is asked for its status
STATUS_SECONDS = 10.0  # for the status; an engine that takes longer hangs

Response = TypeVar("Response", messages.ModelOpened, messages.GenerationDone, messages.Status)
OnEvent = Callable[[messages.PrefillDone | messages.NewToken], None]


class EngineLostError(Exception):
    """The engine process ended before its last response. `EngineClient` starts another one; users do not see this."""


class _PendingRequest:
    """A request without its last response."""

    def __init__(self, on_event: OnEvent | None = None) -> None:
        self.on_event = on_event
        self.response: messages.Message | None = None
        self.settled = threading.Event()

    def settle(self, response: messages.Message | None = None) -> None:
        self.response = self.response or response
        self.settled.set()


class Link:
    """One connection to one engine process. Any thread may call any method."""

    def __init__(self, channel: Channel, end_engine: Callable[[], None]) -> None:
        self._channel, self._end_engine = channel, end_engine
        self._numbers = itertools.count(1)
        self._pending: dict[int, _PendingRequest] = {}
        self.models: dict[ModelKey, messages.ModelOpened] = {}
        self.is_lost = False
        threading.Thread(target=self._listen, name="engine responses", daemon=True).start()

    def next_number(self) -> int:
        """Return an unused number for a request."""
        return next(self._numbers)

    def request(
        self,
        message: messages.Open | messages.Generate | messages.StatusRequest,
        response: type[Response],
        on_event: OnEvent | None = None,
        cancellation: CancellationToken | None = None,
        patience_seconds: float | None = None,
    ) -> Response | None:
        """Return the response; None if cancelled, or once `patience_seconds` have passed.

        `on_event` is called in another thread. Raises `EngineLostError`, and `EngineError` if the engine refuses.
        """
        pending = self._pending[message.number] = _PendingRequest(on_event)
        try:
            with (cancellation or CancellationToken()).on_cancel(pending.settle):
                self.send(message)
                self._wait(pending, patience_seconds)
        finally:
            self._pending.pop(message.number, None)
        if self.is_lost and pending.response is None:
            raise EngineLostError
        if isinstance(pending.response, messages.Failure):
            raise EngineError(pending.response.message)
        if not isinstance(pending.response, response):
            self.send(messages.Cancel(message.number))
            return None
        return pending.response

    def status(self) -> messages.Status | None:
        """Return the engine's status; None if it hangs. Raises `EngineLostError`."""
        message = messages.StatusRequest(self.next_number())
        return self.request(message, messages.Status, patience_seconds=STATUS_SECONDS)

    def settle(self, number: int) -> None:
        """End a request: `request` returns None and cancels it in the engine."""
        if pending := self._pending.get(number):
            pending.settle()

    def send(self, message: messages.Message) -> None:
        """Send a message that has no response."""
        try:
            self._channel.send(message)
        except OSError:
            self._mark_lost()

    def close(self) -> None:
        self._channel.shut_down()

    def _wait(self, pending: _PendingRequest, patience_seconds: float | None) -> None:
        """Wait for the response. An engine that is silent for long is asked for its status, and ended if it hangs."""
        if patience_seconds is not None:
            pending.settled.wait(patience_seconds)
            return
        while not self.is_lost and not pending.settled.wait(LOOK_SECONDS):
            status = self.status()
            if not self.is_lost and (status is None or status.overdue_seconds > 0):
                self._end_engine()
                self._mark_lost()

    def _listen(self) -> None:
        try:
            while True:
                self._dispatch(self._channel.receive())
        except (EOFError, OSError, ValueError):
            self._mark_lost()
            self._channel.close()

    def _dispatch(self, message: messages.Message) -> None:
        pending = self._pending.get(message.number)
        if pending is None:
            return
        if isinstance(message, messages.PrefillDone | messages.NewToken):
            if pending.on_event:
                pending.on_event(message)
        else:
            pending.settle(message)

    def _mark_lost(self) -> None:
        self.is_lost = True
        for pending in list(self._pending.values()):
            pending.settle()
