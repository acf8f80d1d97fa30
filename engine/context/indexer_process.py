"""The process that keeps a store as the disk is, as a window sees it: started, given commands, and listened to."""

from __future__ import annotations

import json
import logging
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from codegeex_lsp import HOME, process_command, process_environment

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0


class IndexerProcess:
    """Any thread may call any method.

    `on_event` gets the events that `engine.context.indexer` describes, `on_idle` is called when the process has nothing
    to do, or cannot do anything. Both are called in a thread of this object.
    """

    def __init__(
        self, arguments: Sequence[str], on_event: Callable[[dict[str, Any]], object], on_idle: Callable[[], object]
    ) -> None:
        self._arguments, self._on_event, self._on_idle = arguments, on_event, on_idle
        self._process: subprocess.Popen[str] | None = None
        self._answers = threading.Condition()
        self._sent, self._done = 0, -1  # numbers of commands
        self.fault = ""  # why the store cannot be kept

    @property
    def was_idle(self) -> bool:
        """True once the store was as the disk."""
        return self._done >= 0

    def start(self) -> None:
        try:
            self._process = subprocess.Popen(
                process_command("engine.context.indexer", *self._arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                cwd=HOME,
                env=process_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as fault:
            self.fault = f"the index cannot be built: {fault}"
            return
        threading.Thread(target=self._listen, args=(self._process,), daemon=True, name="index events").start()

    def stop(self, *, wait: bool) -> None:
        """End the process; with `wait`, return only when it has ended, or was killed."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError, ValueError):
            if process.stdin:
                process.stdin.close()  # the end of its input is the end of the process
        if not wait:
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return
        process.kill()

    def send(self, command: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        with self._answers:
            self._sent += 1
            line = json.dumps(command | {"n": self._sent})
        with suppress(OSError, ValueError):
            process.stdin.write(line + "\n")
            process.stdin.flush()

    def wait_idle(self, seconds: float) -> bool:
        """Wait until all commands are carried out, or another process has to; return whether they are."""
        with self._answers:
            return self._answers.wait_for(lambda: self._done >= self._sent, seconds)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            event = json.loads(line)
            if event["event"] in {"idle", "shared"}:
                self._settle(event.get("n"))
            elif event["event"] == "fault":
                self.fault = event["message"]
                log.warning("%s", self.fault)
            else:
                self._on_event(event)
        self._settle(None)

    def _settle(self, number: int | None) -> None:
        """Note that the commands up to `number` are carried out, or all of them."""
        with self._answers:
            self._done = self._sent if number is None else number
            self._answers.notify_all()
        self._on_idle()
