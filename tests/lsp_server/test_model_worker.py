"""Loading models: what is tried again, and what is not."""

from __future__ import annotations

from engine.model.protocol import LanguageModel
from engine.types import EngineError, EngineUnavailableError
from lsp_server.models.worker import ModelWorker
from lsp_server.settings import Settings, read_settings
from tests.scripted import ScriptedModel


class Loader:
    """Raises the faults one after the other, then loads a model. Counts its calls."""

    def __init__(self, *faults: EngineError) -> None:
        self._faults, self.calls = list(faults), 0

    def __call__(self, *_: object) -> LanguageModel:
        self.calls += 1
        if self._faults:
            raise self._faults.pop(0)
        return ScriptedModel("")


async def prepared(worker: ModelWorker, settings: Settings) -> str:
    try:
        return (await worker.prepare(settings))[0]
    except EngineError as fault:
        return str(fault)


async def test_a_model_is_loaded_again_once_there_is_an_engine_process() -> None:
    worker, settings = (
        ModelWorker(Loader(*[EngineUnavailableError("no engine")] * 2)),
        read_settings({"model": "mine"})[0],
    )
    assert await prepared(worker, settings) == "no engine"
    assert await prepared(worker, settings) == ScriptedModel("").description.name
    worker.stop()


async def test_a_model_that_cannot_be_loaded_is_tried_once() -> None:
    load = Loader(EngineError("not a model"))
    worker, settings = ModelWorker(load), read_settings({"model": "mine"})[0]
    assert [await prepared(worker, settings) for _ in range(2)] == ["not a model"] * 2
    assert load.calls == 1
    worker.stop()
