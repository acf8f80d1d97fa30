"""A window's end of the connection to the engine process: started on demand, and again after a loss.

Threads that ask wait here; one thread reads what the engine says and hands it to them.
"""

from __future__ import annotations

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
from engine.serving.link import ANSWER_SECONDS, EngineLostError, Link
from engine.serving.messages import ModelKey
from engine.types import CancellationToken, EngineError

log = logging.getLogger(__name__)

START_SECONDS = 20.0
RETRY_SECONDS = 0.02
MAX_LOSSES, LOSSES_SECONDS = 3, 60.0  # more often than that, and starting it again will not help

T = TypeVar("T")


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
            key = ModelKey(folder, device, threads)
            if key not in link.models:
                number = link.next_number()
                opened = link.ask(messages.Open(number, folder, device, threads, cache_bytes), messages.Opened)
                if opened is None:
                    raise EngineLostError
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
        with suppress(EngineLostError), closing(link):
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
            except EngineLostError:
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
            except (OSError, EOFError, EngineLostError, AuthenticationError) as fault:  # noqa: PERF203 - waiting is the point
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
