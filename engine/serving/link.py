"""One connection to one engine process: requests are numbered, and each answer finds the thread that waits for it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import TypeVar

from engine.serving import messages
from engine.serving.channel import Channel
from engine.serving.messages import ModelKey
from engine.types import CancellationToken, EngineError

LOOK_SECONDS = 5.0  # of silence before the engine is asked whether it is well
ANSWER_SECONDS = 10.0  # for that question; an engine that cannot even say so hangs

Answer = TypeVar("Answer", messages.Opened, messages.Done, messages.Status)
OnSaid = Callable[[messages.Began | messages.Said], None]


class EngineLostError(Exception):
    """The engine process ended before it had answered. `EngineClient` starts another one, users see nothing of it."""


class _PendingRequest:
    """A request that has no answer yet."""

    def __init__(self, on_said: OnSaid | None = None) -> None:
        self.on_said = on_said
        self.answer: messages.Message | None = None
        self.settled = threading.Event()

    def settle(self, answer: messages.Message | None = None) -> None:
        self.answer = self.answer or answer
        self.settled.set()


class Link:
    """One connection to one engine process. Numbers requests and sorts out the answers."""

    def __init__(self, channel: Channel, end_engine: Callable[[], None]) -> None:
        self._channel, self._end_engine = channel, end_engine
        self._numbers = itertools.count(1)
        self._pending: dict[int, _PendingRequest] = {}
        self.models: dict[ModelKey, messages.Opened] = {}
        self.is_lost = False
        threading.Thread(target=self._listen, name="engine answers", daemon=True).start()

    def next_number(self) -> int:
        return next(self._numbers)

    def ask(
        self,
        message: messages.Open | messages.Generate | messages.AskStatus,
        answer: type[Answer],
        on_said: OnSaid | None = None,
        cancellation: CancellationToken | None = None,
        patience_seconds: float | None = None,
    ) -> Answer | None:
        """The answer; None when cancelled, or when `patience_seconds` have passed.

        `on_said` is called for the beginning and each token, in another thread. Raises `EngineLostError`, and
        `EngineError` if the engine refuses.
        """
        pending = self._pending[message.number] = _PendingRequest(on_said)
        try:
            with (cancellation or CancellationToken()).on_cancel(pending.settle):
                self.send(message)
                self._wait(pending, patience_seconds)
        finally:
            self._pending.pop(message.number, None)
        if self.is_lost and pending.answer is None:
            raise EngineLostError
        if isinstance(pending.answer, messages.Failed):
            raise EngineError(pending.answer.message)
        if not isinstance(pending.answer, answer):
            self.send(messages.Cancel(message.number))
            return None
        return pending.answer

    def settle(self, number: int) -> None:
        """Nothing more is wanted of this request. `ask` returns None, and tells the engine."""
        if pending := self._pending.get(number):
            pending.settle()

    def send(self, message: messages.Message) -> None:
        try:
            self._channel.send(message)
        except OSError:
            self._lose()

    def close(self) -> None:
        self._channel.hang_up()

    def _wait(self, pending: _PendingRequest, patience_seconds: float | None) -> None:
        """Until the answer; looks after an engine that is silent for long, and ends it where it hangs."""
        if patience_seconds is not None:
            pending.settled.wait(patience_seconds)
            return
        while not self.is_lost and not pending.settled.wait(LOOK_SECONDS):
            status = self.ask(messages.AskStatus(self.next_number()), messages.Status, patience_seconds=ANSWER_SECONDS)
            if not self.is_lost and (status is None or status.overdue_seconds > 0):
                self._end_engine()
                self._lose()

    def _listen(self) -> None:
        try:
            while True:
                self._take(self._channel.receive())
        except (EOFError, OSError, ValueError):
            self._lose()
            self._channel.close()

    def _take(self, message: messages.Message) -> None:
        pending = self._pending.get(message.number)
        if pending is None:
            return
        if isinstance(message, messages.Began | messages.Said):
            if pending.on_said:
                pending.on_said(message)
        else:
            pending.settle(message)

    def _lose(self) -> None:
        self.is_lost = True
        for pending in list(self._pending.values()):
            pending.settle()
