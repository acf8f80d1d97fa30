from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lsprotocol import types

from engine.types import ModelError
from lsp_server.features.models import MODELS
from lsp_server.status import DID_CHANGE_STATUS
from tests.engine.assist.speaking import ChatModel
from tests.lsp_server.editor import Window, window
from tests.scripted import ScriptedModel


async def status_of_kind(editor: Window, kind: str) -> Any:
    """Wait until the status is of that kind, and return it."""
    for _ in range(1000):
        status = editor.server.client.status
        if status.kind == kind and not status.busy:
            return status
        await asyncio.sleep(0.01)
    raise AssertionError(editor.server.client.status)


async def test_a_client_learns_that_the_model_is_loaded_and_which_answers() -> None:
    statuses: list[Any] = []
    async with window(ScriptedModel(), initialize=False) as editor:
        editor.client.feature(DID_CHANGE_STATUS)(lambda params: statuses.append(params))
        await editor.client.initialize_async(types.InitializeParams(types.ClientCapabilities()))
        editor.client.initialized(types.InitializedParams())
        await editor.logged("model ready")
        assert [(status["busy"], status["kind"], status["model"]) for status in statuses] == [
            (True, "Normal", ""),
            (False, "Normal", "scripted"),
        ]


async def test_a_model_that_is_prepared_twice_at_once_is_logged_once() -> None:
    async with window(ScriptedModel()) as editor:
        await editor.logged("model ready")
        await asyncio.gather(editor.server.session.prepare_model(), editor.server.session.prepare_model())
        await editor.client.protocol.send_request_async(MODELS, None)  # what was logged before has arrived
        assert len([message for message in editor.log if "model ready" in message.message]) == 2


async def test_a_client_learns_which_model_converses() -> None:
    for model, chat in ((ChatModel("Yes."), "codegeex4-all-9b"), (ScriptedModel(), "")):
        async with window(model) as editor:
            await editor.logged("model ready")
            assert editor.server.client.status.chat == chat


async def test_a_model_that_cannot_be_had_is_an_error_with_the_reason() -> None:
    async with window(ModelError("no such model"), initialization_options={"model": "gone"}) as editor:
        assert (await status_of_kind(editor, "Error")).message == "no such model"


async def test_turned_off_is_inactive() -> None:
    async with window(ScriptedModel(), initialization_options={"enable": False}) as editor:
        assert (await status_of_kind(editor, "Inactive")).model == ""


async def test_an_answer_ends_an_error() -> None:
    async with window(ScriptedModel("value")) as editor:
        await editor.logged("model ready")
        editor.server.report_server_error(RuntimeError("a passing fault"), RuntimeError)
        assert editor.server.client.status.kind == "Error"
        assert await editor.suggestion(editor.open("x = <cursor>\n")) == "value"
        assert (await status_of_kind(editor, "Normal")).model == "scripted"


async def test_the_models_to_choose_from(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken").mkdir()
    monkeypatch.setattr("engine.model.catalog.models_folder", lambda: tmp_path)
    async with window(ScriptedModel()) as editor:
        embedded, broken = await editor.client.protocol.send_request_async(MODELS, None)
        assert (embedded["name"], embedded["family"], embedded["fault"]) == ("embedded", "glm4", "")
        assert embedded["isDefault"]
        assert embedded["sizeBytes"] > 1_000_000
        assert broken["name"] == "broken"
        assert broken["fault"]
