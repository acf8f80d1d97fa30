"""A window's end of the connection to the engine process: started on demand, and again after a loss.

Threads that send requests wait here; one thread per connection reads the responses.
"""

from __future__ import annotations

import logging
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from typing import Any, NoReturn, TypeVar

from engine.serving import messages
from engine.serving.address import Address, find_address
from engine.serving.channel import Channel
from engine.serving.launch import start_engine
from engine.serving.link import STATUS_SECONDS, EngineLostError, Link
from engine.serving.messages import ModelKey
from engine.types import CancellationToken, EngineUnavailableError

log = logging.getLogger(__name__)

START_SECONDS = 20.0
RETRY_SECONDS = 0.02
START_PAUSE_SECONDS = 0.25  # before one that ended while it started is started again; each time twice as long
REFUSE_SECONDS = 5.0  # after it could not be started
MAX_LOSSES, LOSSES_SECONDS = 3, 60.0  # more often than that, and starting it again will not help

T = TypeVar("T")


class EngineClient:
    """The engine process, as one window sees it. Any thread may call any method."""

    def __init__(
        self,
        version: str,
        address: Address | None = None,
        start: Callable[[Address, str], subprocess.Popen[bytes]] = start_engine,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._version, self._address, self._start, self._clock = version, address, start, clock
        self._link: Link | None = None
        self._linking = threading.Lock()
        self._refusal, self._refuses_until = "", 0.0
        self._losses: deque[float] = deque(maxlen=MAX_LOSSES)

    def open(self, folder: str, device: str, threads: int, cache_bytes: int | None = None) -> messages.ModelOpened:
        """Load a model in the engine process. Raises `EngineError`."""

        def work(link: Link) -> messages.ModelOpened:
            key = ModelKey(folder, device, threads)
            if key not in link.models:
                number = link.next_number()
                opened = link.request(messages.Open(number, folder, device, threads, cache_bytes), messages.ModelOpened)
                if opened is None:
                    raise EngineLostError
                link.models[key] = opened
            return link.models[key]

        return self._with_link(work)

    def generate(
        self,
        model: ModelKey,
        fields: dict[str, Any],
        cancellation: CancellationToken,
        begin: Callable[[], Callable[[messages.PrefillDone | messages.NewToken], bool]],
    ) -> None:
        """Generate one continuation. `fields` are those of `messages.Generate`; return early if cancelled.

        `begin` returns the function that gets the events, and returns True to end the generation. It is called again if
        the engine was lost and the generation starts from the beginning. Raises `EngineError`.
        """

        def work(link: Link) -> None:
            number, receive = link.next_number(), begin()

            def on_event(event: messages.PrefillDone | messages.NewToken) -> None:
                if receive(event):
                    link.settle(number)

            message = messages.Generate(number, model=link.models[model].number, **fields)
            link.request(message, messages.GenerationDone, on_event, cancellation)

        self._with_link(work, model)

    def status(self) -> messages.Status | None:
        """Return the status of the engine that runs, None if there is none. Never starts one."""
        try:
            link = self._connect()
        except (OSError, EOFError, AuthenticationError):
            return None
        with suppress(EngineLostError), closing(link):
            return link.status()
        return None

    def stop_engine(self) -> None:
        """End the engine process if there is one. The next request starts it again."""
        with suppress(OSError, EOFError, AuthenticationError):
            link = self._connect()
            link.send(messages.Stop(link.next_number()))

    def close(self) -> None:
        link, self._link = self._link, None
        if link:
            link.close()

    def _with_link(self, work: Callable[[Link], T], model: ModelKey | None = None) -> T:
        """Return what `work` returns; do it again on a new engine process if one is lost. Raises `EngineError`."""
        while True:
            link = self._current_link()
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
                log_file = self._current_address.log
                self._refuse(f"the engine process ended {MAX_LOSSES} times within a minute; its log is {log_file}")

    def _current_link(self) -> Link:
        with self._linking:
            if self._link is None or self._link.is_lost:
                self._link = self._connect_or_start()
            return self._link

    @property
    def _current_address(self) -> Address:
        if self._address is None:
            self._address = find_address(self._version)
        return self._address

    def _connect(self) -> Link:
        """Return a new connection. Raises `OSError`, `EOFError` or `AuthenticationError` if no engine answers."""
        result: queue.Queue[Connection | Exception] = queue.Queue()

        def connect() -> None:
            try:
                result.put(Client(self._current_address.listener, authkey=self._current_address.read_key()))
            except (OSError, EOFError, AuthenticationError) as fault:
                result.put(fault)

        # The handshake has no time limit of its own: an engine that hangs would block this thread as well.
        threading.Thread(target=connect, name="engine handshake", daemon=True).start()
        try:
            connection = result.get(timeout=STATUS_SECONDS)
        except queue.Empty:
            self._end_engine()
            raise ConnectionError("the engine process hangs") from None
        if isinstance(connection, Exception):
            raise connection
        return Link(Channel(connection), self._end_engine)

    def _end_engine(self) -> None:
        """Kill the engine process if there is one."""
        import psutil

        with suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int(self._current_address.pid_file.read_text()))
            if "engine.serving" in process.cmdline():
                log.warning("the engine process hangs and is ended")
                process.kill()

    def _connect_or_start(self) -> Link:
        """Return a connection to the engine process that runs, or to one that is started. Raises `EngineError`."""
        if self._clock() < self._refuses_until:
            raise EngineUnavailableError(self._refusal)
        give_up_at, start_at, pause = self._clock() + START_SECONDS, 0.0, START_PAUSE_SECONDS
        engine: subprocess.Popen[bytes] | None = None
        while True:
            try:
                link = self._connect()
                if link.status() is not None:
                    return link
            except (OSError, EOFError, EngineLostError, AuthenticationError):  # noqa: PERF203 - waiting is the point
                now = self._clock()
                if now > give_up_at:
                    self._refuse(f"the engine process does not start; its log is {self._current_address.log}")
                if (engine is None or engine.poll() is not None) and now >= start_at:  # none yet, or it has ended
                    engine = self._start_engine()
                    start_at, pause = now + pause, pause * 2
                time.sleep(RETRY_SECONDS)

    def _start_engine(self) -> subprocess.Popen[bytes]:
        try:
            return self._start(self._current_address, self._version)
        except OSError as fault:
            reason = fault.strerror or "the system refuses"
            self._refuse(f"the engine process cannot be started: {reason}")

    def _refuse(self, message: str) -> NoReturn:
        """Raise, and let the requests of the next seconds fail as well, instead of making each of them wait."""
        self._refusal, self._refuses_until = message, self._clock() + REFUSE_SECONDS
        raise EngineUnavailableError(message)
