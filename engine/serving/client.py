"""A window's end of the connection to the engine process: started on demand, and again after a loss.

Threads that ask wait here; one thread reads what the engine says and hands it to them.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from typing import Any, TypeVar

from engine.serving import messages
from engine.serving.address import Address, find_address
from engine.serving.channel import Channel
from engine.serving.launch import start_engine
from engine.types import CancellationToken, EngineError

log = logging.getLogger(__name__)

START_SECONDS = 20.0
RETRY_SECONDS = 0.02
MAX_LOSSES, LOSSES_SECONDS = 3, 60.0  # more often than that, and starting it again will not help
LOOK_SECONDS = 5.0  # of silence before the engine is asked whether it is well
ANSWER_SECONDS = 10.0  # for that question; an engine that cannot even say so hangs

T = TypeVar("T")
Answer = TypeVar("Answer", messages.Opened, messages.Done, messages.Status)
ModelKey = tuple[str, str, int]  # folder, device, threads
OnSaid = Callable[[messages.Began | messages.Said], None]


class EngineLost(Exception):  # noqa: N818 - it is repaired, not reported
    """The engine process ended while it was asked."""


class _Asked:
    """A request under way: what comes of it, and a signal."""

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
        self._asked: dict[int, _Asked] = {}
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

        `on_said` is told of beginning and tokens, in another thread. Raises `EngineLost`, and `EngineError` where the
        engine says no.
        """
        asked = self._asked[message.number] = _Asked(on_said)
        try:
            with (cancellation or CancellationToken()).telling(asked.settle):
                self.send(message)
                self._wait(asked, patience_seconds)
        finally:
            self._asked.pop(message.number, None)
        if self.is_lost and asked.answer is None:
            raise EngineLost
        if isinstance(asked.answer, messages.Failed):
            raise EngineError(asked.answer.message)
        if not isinstance(asked.answer, answer):
            self.send(messages.Cancel(message.number))
            return None
        return asked.answer

    def settle(self, number: int) -> None:
        """Nothing more is wanted of this request. `ask` returns None, and tells the engine."""
        if asked := self._asked.get(number):
            asked.settle()

    def send(self, message: messages.Message) -> None:
        try:
            self._channel.send(message)
        except OSError:
            self._lose()

    def close(self) -> None:
        self._channel.hang_up()

    def _wait(self, asked: _Asked, patience_seconds: float | None) -> None:
        """Until the answer; looks after an engine that is silent for long, and ends it where it hangs."""
        if patience_seconds is not None:
            asked.settled.wait(patience_seconds)
            return
        while not self.is_lost and not asked.settled.wait(LOOK_SECONDS):
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
        asked = self._asked.get(message.number)
        if asked is None:
            return
        if isinstance(message, messages.Began | messages.Said):
            if asked.on_said:
                asked.on_said(message)
        else:
            asked.settle(message)

    def _lose(self) -> None:
        self.is_lost = True
        for asked in list(self._asked.values()):
            asked.settle()


class EngineClient:
    """The engine process, as one window sees it. May be used from several threads."""

    def __init__(
        self,
        version: str,
        address: Address | None = None,
        start: Callable[[Address, str], None] = start_engine,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._version, self._address, self._start, self._clock = version, address, start, clock
        self._link: Link | None = None
        self._linking = threading.Lock()
        self._losses: deque[float] = deque(maxlen=MAX_LOSSES)

    def open(self, folder: str, device: str, threads: int, cache_bytes: int | None = None) -> messages.Opened:
        """The model, loaded. Raises `EngineError`."""

        def work(link: Link) -> messages.Opened:
            key = (folder, device, threads)
            if key not in link.models:
                number = link.next_number()
                opened = link.ask(messages.Open(number, folder, device, threads, cache_bytes), messages.Opened)
                if opened is None:
                    raise EngineLost
                link.models[key] = opened
            return link.models[key]

        return self._with_link(work)

    def generate(
        self,
        model: ModelKey,
        asked: dict[str, Any],
        cancellation: CancellationToken,
        begin: Callable[[], Callable[[messages.Began | messages.Said], bool]],
    ) -> None:
        """One continuation. `asked` are the fields of `messages.Generate`.

        `begin` gives what is told of beginning and tokens, and says by True that nothing more is wanted; it is called
        anew when the engine was lost and the work begins again. Returns early when cancelled. Raises `EngineError`.
        """

        def work(link: Link) -> None:
            number, hear = link.next_number(), begin()

            def on_said(what: messages.Began | messages.Said) -> None:
                if hear(what):
                    link.settle(number)

            message = messages.Generate(number, model=link.models[model].number, **asked)
            link.ask(message, messages.Done, on_said, cancellation)

        self._with_link(work, model)

    def status(self) -> messages.Status | None:
        """What the engine that runs says of itself; None where none does. Never starts one."""
        try:
            link = self._connected()
        except (OSError, EOFError, AuthenticationError):
            return None
        with suppress(EngineLost), closing(link):
            return link.ask(messages.AskStatus(link.next_number()), messages.Status, patience_seconds=ANSWER_SECONDS)
        return None

    def stop_engine(self) -> None:
        """Ends the engine process, where one runs. It is started again when somebody asks."""
        with suppress(OSError, EOFError, AuthenticationError):
            link = self._connected()
            link.send(messages.Stop(link.next_number()))

    def close(self) -> None:
        link, self._link = self._link, None
        if link:
            link.close()

    def _with_link(self, work: Callable[[Link], T], model: ModelKey | None = None) -> T:
        """`work`, begun again on a new engine process where the old one was lost. Raises `EngineError`."""
        while True:
            link = self._linked()
            try:
                if model is not None and model not in link.models:
                    self.open(*model)
                    continue
                return work(link)
            except EngineLost:
                self._note_loss(link)

    def _note_loss(self, link: Link) -> None:
        with self._linking:
            if self._link is not link:
                return  # another thread has seen it already
            self._link = None
            now = self._clock()
            self._losses.append(now)
            if len(self._losses) == MAX_LOSSES and now - self._losses[0] < LOSSES_SECONDS:
                self._losses.clear()
                raise EngineError(
                    f"the engine process ended {MAX_LOSSES} times within a minute; its log is {self._found.log}"
                )

    def _linked(self) -> Link:
        with self._linking:
            if self._link is None or self._link.is_lost:
                self._link = self._connect_or_start()
            return self._link

    @property
    def _found(self) -> Address:
        if self._address is None:
            self._address = find_address(self._version)
        return self._address

    def _connected(self) -> Link:
        """Raises `OSError`, `EOFError` or `AuthenticationError` where no engine of ours answers."""
        came: queue.Queue[Connection | Exception] = queue.Queue()

        def connect() -> None:
            try:
                came.put(Client(self._found.listener, authkey=self._found.read_key()))
            except (OSError, EOFError, AuthenticationError) as fault:
                came.put(fault)

        # The greeting has no time limit of its own: an engine that hangs would hold the window as well.
        threading.Thread(target=connect, name="engine greeting", daemon=True).start()
        try:
            connection = came.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            self._end_engine()
            raise ConnectionError("the engine process hangs") from None
        if isinstance(connection, Exception):
            raise connection
        return Link(Channel(connection), self._end_engine)

    def _end_engine(self) -> None:
        """Kills the engine process that runs, where it is one."""
        import psutil

        with suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int(self._found.pid_file.read_text()))
            if "engine.serving" in process.cmdline():
                log.warning("the engine process hangs and is ended")
                process.kill()

    def _connect_or_start(self) -> Link:
        give_up_at, started = self._clock() + START_SECONDS, False
        while True:
            try:
                link = self._connected()
                status = link.ask(
                    messages.AskStatus(link.next_number()), messages.Status, patience_seconds=ANSWER_SECONDS
                )
                if status is not None:
                    return link
            except (OSError, EOFError, EngineLost, AuthenticationError) as fault:  # noqa: PERF203 - waiting is the point
                if not started:
                    self._begin()
                    started = True
                if self._clock() > give_up_at:
                    raise EngineError(
                        f"the engine process does not start ({fault}); its log is {self._found.log}"
                    ) from fault
                time.sleep(RETRY_SECONDS)

    def _begin(self) -> None:
        try:
            self._start(self._found, self._version)
        except OSError as fault:
            raise EngineError(f"the engine process cannot be started: {fault}") from fault
