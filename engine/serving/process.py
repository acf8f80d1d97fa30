"""The engine process: models, their scheduler, and the connected windows. It ends when no window needs it."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.model.folder import read_description
from engine.model.generator import TokenGenerator
from engine.model.protocol import Continuation
from engine.serving import messages
from engine.serving.address import Address, find_address
from engine.serving.channel import Channel
from engine.serving.endpoint import Endpoint
from engine.serving.messages import ModelKey
from engine.serving.scheduler import Job, Scheduler
from engine.serving.threads import ThreadChoice
from engine.serving.upkeep import SLOW_LOAD_SECONDS, Upkeep
from engine.types import EngineError, Priority, Sampling

log = logging.getLogger(__name__)

LINGER_SECONDS = 20.0  # after the last window has closed: a window that reloads finds the model warm
IDLE_SECONDS = 30 * 60.0  # without a request: then other programs need the memory more
CHECK_SECONDS = 1.0


class _Models:
    """Each model once, for all windows. The first thread to open a model loads it; the others wait."""

    def __init__(self, upkeep: Upkeep) -> None:
        self._upkeep = upkeep
        self._lock = threading.Lock()
        self._loading: dict[ModelKey, threading.Lock] = {}
        self._loaded: dict[ModelKey, TokenGenerator] = {}

    def open(self, key: ModelKey, cache_bytes: int | None) -> TokenGenerator:
        """Return the loaded model. Raises `EngineError`."""
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            if key not in self._loaded:
                self._loaded[key] = self._load(*key, cache_bytes)
            return self._loaded[key]

    def keep_only(self, keys: set[ModelKey]) -> None:
        """Unload the models that no window uses any more."""
        with self._lock:
            for key in self._loaded.keys() - keys:
                self._upkeep.forget(self._loaded.pop(key))
                self._loading.pop(key, None)

    def facts(self) -> list[dict[str, Any]]:
        """Return what `codegeex-lsp engine status` shows of each model."""
        return [
            {
                "folder": folder,
                "device": generator.device,
                "compute_type": generator.compute_type,
                "threads": generator.threads,
                "prefix_cache_bytes": generator.cache.size_bytes,
                "prefix_cache_budget_bytes": generator.cache.budget_bytes,
                "prefix_cache_hits": generator.cache.hits,
                "prefix_cache_misses": generator.cache.misses,
                "reused_tokens": generator.cache.reused_tokens,
            }
            for (folder, _, _), generator in list(self._loaded.items())
        ]

    def _load(self, folder: str, device: str, threads: int, cache_bytes: int | None) -> TokenGenerator:
        description = read_description(Path(folder))  # checks the files before native code reads them
        generator = TokenGenerator(description.folder, device, threads, cache_bytes)
        if not threads and generator.device == "cpu" and generator.load_seconds < SLOW_LOAD_SECONDS:
            sums = description.facts.get("files", {})
            choice = ThreadChoice(description.folder, str(sums.get("model.bin", folder)))
            if choice.best:
                generator.forget_heads(choice.best)
            self._upkeep.allow_tuning(generator, choice)
        generator.warm_up()
        return generator


class _Window:
    """One connected window."""

    def __init__(self, channel: Channel, models: _Models, scheduler: Scheduler, facts: Callable[[], Any]) -> None:
        self._channel, self._models, self._scheduler, self._facts = channel, models, scheduler, facts
        self._outgoing: queue.SimpleQueue[messages.Message | None] = queue.SimpleQueue()
        self._jobs: dict[int, Job] = {}
        self._opened: dict[int, TokenGenerator] = {}
        self.keys: set[ModelKey] = set()
        self.last_request_at = time.monotonic()

    def serve(self) -> None:
        """Serve the window until it closes the connection."""
        threading.Thread(target=self._send_all, name="window responses", daemon=True).start()
        try:
            while True:
                self._handle(self._channel.receive())
        except (EOFError, OSError):
            log.debug("a window has left")
        except ValueError as fault:
            log.error("a window is disconnected: %s", fault)  # noqa: TRY400 - users read the log
        for job in list(self._jobs.values()):
            self._scheduler.cancel(job)
        self._outgoing.put(None)
        self._channel.close()

    def _handle(self, message: messages.Message) -> None:
        self.last_request_at = time.monotonic()
        match message:
            case messages.Open():
                threading.Thread(target=self._open, args=(message,), name="model-open", daemon=True).start()
            case messages.Generate():
                self._generate(message)
            case messages.Cancel():
                if job := self._jobs.pop(message.number, None):
                    self._scheduler.cancel(job)
            case messages.StatusRequest():
                self._send(messages.Status(message.number, self._scheduler.overdue_seconds, self._facts()))
            case messages.Stop():
                log.info("stopped by a client")
                os._exit(0)
            case _:
                raise ValueError(f"{type(message).__name__} is not a message for the engine")

    def _open(self, request: messages.Open) -> None:
        key = ModelKey(request.folder, request.device, request.threads)
        self.keys.add(key)
        try:
            generator = self._models.open(key, request.cache_bytes)
        except EngineError as fault:
            self._send(messages.Failure(request.number, str(fault)))
            return
        except Exception as fault:  # noqa: BLE001 - native libraries may raise anything
            self._send(messages.Failure(request.number, f"the model in {request.folder} cannot be loaded: {fault}"))
            return
        self._opened[request.number] = generator
        self._send(messages.ModelOpened(request.number, generator.device, generator.compute_type, generator.threads))

    def _generate(self, request: messages.Generate) -> None:
        number = request.number
        generator = self._opened.get(request.model)
        if generator is None:
            self._send(messages.Failure(number, "the model is not open"))
            return

        def on_begin(wait_ms: float, prefill_ms: float, reused_tokens: int) -> None:
            self._send(messages.PrefillDone(number, wait_ms, prefill_ms, reused_tokens))

        def on_done() -> None:
            self._jobs.pop(number, None)
            self._send(messages.GenerationDone(number))

        def on_failed(message: str) -> None:
            self._jobs.pop(number, None)
            self._send(messages.Failure(number, message))

        job = self._jobs[number] = Job(
            generator,
            Continuation(
                request.tokens,
                request.max_new_tokens,
                tuple(request.end_ids),
                Sampling(*request.sampling),
                request.stable_tokens,
                request.alternatives,
            ),
            on_begin,
            lambda token: self._send(
                messages.NewToken(number, token.id, token.log_prob, list(map(list, token.alternatives)))
            ),
            on_done,
            on_failed,
            Priority(request.priority),
        )
        self._scheduler.submit(job)

    def _send(self, message: messages.Message) -> None:
        """Queue a message, so that the thread that decodes does not wait. For any thread."""
        self._outgoing.put(message)

    def _send_all(self) -> None:
        """Send what is queued. A window that does not read is disconnected, so that it delays no other window."""
        try:
            while message := self._outgoing.get():
                self._channel.send(message)
        except OSError:
            self._channel.shut_down()


def run(address: Address, linger_seconds: float = LINGER_SECONDS, idle_seconds: float = IDLE_SECONDS) -> None:
    """Serve windows until all have left, or none has sent a request for long; then end this process.

    Return at once if an engine runs already.
    """
    upkeep = Upkeep()
    models, scheduler = _Models(upkeep), Scheduler(upkeep)
    scheduler.start()
    windows: list[_Window] = []
    began = time.monotonic()

    def facts() -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "windows": len(windows),
            "uptime_seconds": time.monotonic() - began,
            "finished": scheduler.finished,
            "models": models.facts(),
        }

    def serve(channel: Channel) -> None:
        window = _Window(channel, models, scheduler, facts)
        windows.append(window)
        window.serve()
        windows.remove(window)

    endpoint = Endpoint(address, serve)
    if not endpoint.open():
        return
    alone_since = time.monotonic()
    while True:
        time.sleep(CHECK_SECONDS)
        endpoint.keep()
        now = time.monotonic()
        if windows:
            alone_since = now
            models.keep_only(set().union(*(window.keys for window in list(windows))))
        last_request_at = max((window.last_request_at for window in list(windows)), default=began)
        if now - alone_since > linger_seconds or (now - last_request_at > idle_seconds and scheduler.idle_seconds):
            log.info("no window needs the model any more")
            endpoint.close()
            os._exit(0)  # native threads must not be torn down under the interpreter


def main(arguments: list[str]) -> None:
    """Run the engine process of a version. `codegeex-lsp engine` is the way for users."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run(find_address(arguments[0]))
    os._exit(0)  # native threads must not be torn down under the interpreter
