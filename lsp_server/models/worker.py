"""The model's owner: one thread, in which all engine work runs, so that nothing blocks the event loop.

Requests wait for their turn, but a superseded or cancelled one is dropped when its turn comes, and a running one stops
within a decode step: no user waits for what nobody wants any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from engine.completion.decode_speed import DecodeSpeed
from engine.completion.frames import Frames
from engine.model.catalog import EMBEDDED, find_model
from engine.model.folder import Confidence, ModelDescription
from engine.model.protocol import LanguageModel
from engine.remote.server import Purpose, Server
from engine.types import CancellationToken, EngineError, EngineUnavailableError
from lsp_server import __version__
from lsp_server.settings import Settings

if TYPE_CHECKING:  # imported when a model is loaded: a server's start does not wait for it
    from engine.completion.pipeline import Completer
    from engine.context.collect import Workspaces
    from engine.context.workspace import WorkspaceIndex
    from engine.serving.client import EngineClient

T = TypeVar("T")
NOTHING_IS_SURE = Confidence(show=1.0, few=1.0, many=1.0)

# Builds the model a setting names: (model, device, threads) -> model. Slow; raises `EngineError`.
LoadModel = Callable[[str, str, int], LanguageModel]


@dataclass
class _Slot:
    """A model, and the key it was loaded by. A model that failed to load is not tried again under the same key."""

    key: Hashable = None
    model: LanguageModel | None = None
    fault: EngineError | None = None

    def get(self, key: Hashable, load: Callable[[], LanguageModel]) -> LanguageModel:
        """Return the model, loaded if the key is new. Raises `EngineError`."""
        if self.key != key:
            self.key, self.model, self.fault = key, None, None
            try:
                self.model = load()
            except EngineUnavailableError:
                self.key = None  # the next request tries again
                raise
            except EngineError as fault:
                self.fault = fault
        if self.model is None:
            raise self.fault or EngineError("the model is not loaded")
        return self.model


class ModelWorker:
    """Loads models when they are first needed or prepared, and others once the settings name others.

    Completion and chat share the model on this machine, unless a server is named for one of them.
    """

    def __init__(self, load: LoadModel) -> None:
        self._load = load
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._local, self._remote = _Slot(), {"completion": _Slot(), "chat": _Slot()}
        self._models: dict[Purpose, LanguageModel] = {}  # in use
        self._notice = ""  # why another model than the chosen one was loaded last
        self._wanted: Settings | None = None  # to prepare a model for
        self._frames, self._speed = Frames(), DecodeSpeed()

    async def prepare(self, settings: Settings) -> tuple[str, str]:
        """Load the model ahead of the first request.

        Return (its name, or "" if the settings have changed meanwhile; why it is not the chosen model, or "", once for
        each time a model is loaded). Raises `EngineError`.
        """
        self._wanted = settings

        def work() -> tuple[str, str]:
            import engine.completion.pipeline  # noqa: F401 - so that the first request does not wait for it

            if settings is not self._wanted:
                return "", ""  # only the last of a burst of changes is worth loading a model for
            notices = []
            try:
                self._loaded(settings, "chat")  # most often the same
            except EngineError as fault:
                notices.append(str(fault))
            name = self._loaded(settings).description.name
            notices, self._notice = [*notices, self._notice], ""
            return name, "; ".join(filter(None, notices))

        return await self._run(work)

    async def run(
        self,
        settings: Settings,
        workspaces: Workspaces,
        cancellation: CancellationToken,
        work: Callable[[Completer], T],
    ) -> T:
        """Do `work` in the worker's thread, unless it is cancelled before its turn.

        `workspaces` are searched in this thread, and in no other. Raises `Cancelled`, `EngineError` if the model cannot
        be loaded, and what `work` raises.
        """

        def run() -> T:
            from engine.completion.pipeline import Completer

            cancellation.check()
            model = self._loaded(settings)  # first: another model has frames and a speed of its own
            return work(Completer(model, settings.completion, workspaces, self._frames, self._speed))

        return await self._run(run)

    @property
    def confidence(self) -> Confidence:
        """The thresholds of the loaded model. Before a model is loaded, no answer reaches them."""
        description = self.description("completion")
        return description.confidence if description else NOTHING_IS_SURE

    def catch_up(self, index: WorkspaceIndex) -> None:
        """Let an index read what was opened, before anybody waits for that."""
        self.submit(index.catch_up)

    def submit(self, work: Callable[[], object]) -> None:
        """Have `work` done in the worker's thread, after what was submitted before; nobody waits for it."""
        with suppress(RuntimeError):  # if the session has ended
            self._thread.submit(work)

    async def search(self, work: Callable[[], T]) -> T:
        """Do `work`, which needs indexes and no model, in the worker's thread."""
        return await self._run(work)

    async def lend(self, settings: Settings, search: Callable[[], T]) -> tuple[LanguageModel, T]:
        """Return (the model that answers, for use in another thread; what `search` finds in the indexes).

        Indexes are searched in this thread only, which takes milliseconds. Raises `EngineError`.
        """
        return await self._run(lambda: (self._loaded(settings, "chat"), search()))

    def description(self, purpose: Purpose) -> ModelDescription | None:
        """Return the description of the model in use; None while there is none. For any thread."""
        model = self._models.get(purpose)
        return model.description if model else None

    def stop(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _loaded(self, settings: Settings, purpose: Purpose = "completion") -> LanguageModel:
        """Return the model, loaded if need be. In the worker's thread. Raises `EngineError`."""
        try:
            if server := settings.server(purpose):
                model = self._remote[purpose].get(server, partial(load_remote_model, server))
            else:
                model = self._local.get(settings.model_key, partial(self._load_local, *settings.model_key))
        except EngineError:
            self._models.pop(purpose, None)
            raise
        if purpose == "completion" and model is not self._models.get(purpose):
            self._frames, self._speed = Frames(), DecodeSpeed()  # the old model's are of no use
        self._models[purpose] = model
        return model

    def _load_local(self, *key: Any) -> LanguageModel:
        model, self._notice = _load_or_embedded(self._load, *key)
        return model


def _load_or_embedded(load: LoadModel, name: str, device: str, threads: int) -> tuple[LanguageModel, str]:
    """Return (the model a setting names, ""), or (the embedded model, why the user's default could not be loaded).

    A model that the settings themselves name is not replaced by another. Raises `EngineError`.
    """
    try:
        return _checked_load(load, name, device, threads), ""
    except EngineError as fault:
        if name:
            raise
        with suppress(EngineError):
            return _checked_load(load, EMBEDDED, device, threads), f"{fault}; the embedded model answers instead"
        raise


def _checked_load(load: LoadModel, *key: Any) -> LanguageModel:
    """Return the loaded model. Raises `EngineError`, whatever the loader raises."""
    try:
        return load(*key)
    except EngineError:
        raise
    except Exception as fault:  # native libraries raise errors of many types
        raise EngineError(f"the model cannot be loaded: {fault}") from fault


@cache
def engine_client() -> EngineClient:
    """Return the connection to the engine process, one for all models of this process."""
    from engine.serving.client import EngineClient

    return EngineClient(__version__)


def load_served_model(name: str, device: str, threads: int) -> LanguageModel:
    """Load a model in the engine process, which all windows share. The `LoadModel` of a server."""
    from engine.serving.model import ServedModel

    return ServedModel(engine_client(), find_model(name), device, threads)


def load_remote_model(server: Server) -> LanguageModel:
    """Return a model on a server. Nothing is sent before the model is asked. Raises `EngineError`."""
    from engine.remote.model import RemoteModel

    return RemoteModel(server)


def load_ctranslate_model(name: str, device: str, threads: int) -> LanguageModel:
    """Load a model in this process. The `LoadModel` of a command that asks once."""
    from engine.model.ctranslate import CTranslateModel

    model = CTranslateModel(find_model(name), device, threads)
    model.warm_up()
    return model
