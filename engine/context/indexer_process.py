"""The process that keeps a store as the disk is, as a window sees it: supervised, given commands, and listened to.

It is started again whenever it ends by itself, after a pause that grows while it keeps ending. A new one compares the
store with the disk, so commands that an old one did not carry out need not be repeated.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any

from codegeex_lsp import HOME, process_command, process_environment

START_SECONDS = 0.3  # before it is started: changes of settings in a burst make and stop many of these objects
STOP_SECONDS = 2.0  # to end by itself; then it is killed
PAUSES_SECONDS = (0.5, 2.0, 10.0, 60.0)  # before it is started again, the last one from then on
HEALTHY_SECONDS = 120.0  # after running this long it begins with the first pause again
MAX_WAITING = 100  # commands; more become one: anything may have changed

OnEvent = Callable[[dict[str, Any]], object]


def start_indexer(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start an indexing process. Raises `OSError`."""
    return subprocess.Popen(
        process_command("engine.context.indexer", *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=HOME,
        env=process_environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


class IndexerProcess:
    """Any thread may call any method, and only `stop` and `wait_idle` wait for the process.

    `on_event` gets the events that `engine.context.indexer` describes. `idle` among them means that the process has
    nothing to do, or cannot do anything; `fault` also comes if the process cannot be started, and `restart`
    (message) if it ended by itself. It is called in threads of this object.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        on_event: OnEvent,
        start: Callable[[Sequence[str]], subprocess.Popen[bytes]] = start_indexer,
        pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self._arguments, self._on_event = arguments, on_event
        self._start, self._pauses = start, pauses_seconds
        self._supervisor: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._changed = threading.Condition()
        self._waiting: deque[dict[str, Any]] = deque()  # commands that are not written yet
        self._sent, self._done = 0, -1  # numbers of commands
        self._is_stopped = False
        self._has_explained = False  # the process that runs, or ran last, has reported a fault
        self.fault = ""  # why the store cannot be kept now

    @property
    def was_idle(self) -> bool:
        """True once the store was as the disk."""
        return self._done >= 0

    def start(self) -> None:
        self._supervisor = threading.Thread(target=self._supervise, daemon=True, name="index supervisor")
        self._supervisor.start()

    def stop(self, *, wait: bool) -> None:
        """End the process; with `wait`, return only when it has ended, or was killed."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        end = threading.Thread(target=self._end, daemon=True, name="index end")
        end.start()
        if wait:
            end.join()
            if self._supervisor:
                self._supervisor.join(STOP_SECONDS)

    def send(self, command: dict[str, Any]) -> None:
        """Queue a command for the process."""
        with self._changed:
            self._sent += 1
            self._waiting.append(command | {"n": self._sent})
            if len(self._waiting) > MAX_WAITING:
                rebuilds = [each for each in self._waiting if each["do"] == "rebuild"]
                self._waiting = deque([*rebuilds[:1], {"do": "changed", "paths": None, "n": self._sent}])
            self._changed.notify_all()

    def wait_idle(self, seconds: float) -> bool:
        """Wait until all commands are carried out, or cannot be; return whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done >= self._sent, seconds)

    def _supervise(self) -> None:
        failures = 0
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped, START_SECONDS)
        while not self._is_stopped:
            began = time.monotonic()
            self._has_explained = False
            self._run()
            if time.monotonic() - began > HEALTHY_SECONDS:
                failures = 0
            pause = self._pauses[min(failures, len(self._pauses) - 1)]
            failures += 1
            with self._changed:
                if self._is_stopped:
                    return
            if not self._has_explained:
                name = f"the process that indexes {self._arguments[0]}"
                self._on_event({"event": "restart", "message": f"{name} has ended and is started again"})
                if failures > 1:
                    self._note_fault(f"{name} keeps ending")
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopped, pause)

    def _run(self) -> None:
        """Run one process to its end."""
        with self._changed:
            self._waiting = deque([{"do": "changed", "paths": [], "n": self._sent}])  # answered once it is up to date
        try:
            process = self._start(self._arguments)
        except OSError as fault:
            reason = fault.strerror or "the system refuses"
            self._note_fault(f"the process that indexes {self._arguments[0]} cannot be started: {reason}")
            return
        with self._changed:
            self._process = process
        if process.stdin is None or process.stdout is None:
            raise ValueError("an indexing process needs pipes")
        threading.Thread(target=self._write, args=(process, process.stdin), daemon=True, name="index commands").start()
        with process.stdout:
            for line in process.stdout:
                with suppress(ValueError):  # half a line of a process that was killed
                    self._take(json.loads(line))
        process.wait()
        with self._changed:
            self._process = None
            self._changed.notify_all()

    def _write(self, process: subprocess.Popen[bytes], stdin: IO[bytes]) -> None:
        """Write commands until the process ends or is to end. Only this thread waits for one that does not read."""
        with suppress(OSError), stdin:
            while True:
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._waiting or self._is_stopped or self._process is not process,
                    )
                    if self._is_stopped or self._process is not process:
                        return  # the end of its input is the end of the process
                    command = self._waiting.popleft()
                stdin.write(json.dumps(command).encode() + b"\n")
                stdin.flush()

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()

    def _take(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "fault":
                self._note_fault(event["message"])
            case "idle" | "shared":
                self.fault = ""
                self._settle(event.get("n"))
            case _:
                self._on_event(event)

    def _note_fault(self, message: str) -> None:
        self._has_explained = True
        if message != self.fault:  # once, and again if it was gone in between
            self.fault = message
            self._on_event({"event": "fault", "message": message})
        self._settle(None)

    def _settle(self, number: int | None) -> None:
        """Note that the commands up to `number` are carried out; None: all of them, or they cannot be."""
        with self._changed:
            self._done = self._sent if number is None else number
            self._changed.notify_all()
        self._on_event({"event": "idle"})
