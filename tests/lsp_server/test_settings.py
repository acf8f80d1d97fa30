from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lsprotocol import types

from engine.model.folder import Confidence
from lsp_server.settings import SETTINGS, json_schema, read_settings
from tests.lsp_server.editor import window
from tests.scripted import ScriptedModel


@pytest.mark.parametrize(
    "raw",
    [
        {"codegeex": {"completion": {"maxTokens": 12}}},
        {"completion": {"maxTokens": 12}},
        {"codegeex.completion.maxTokens": 12},
        {"completion.maxTokens": 12, "server": {"path": "x"}, "trace": "off"},
    ],
)
def test_settings_are_read_nested_and_dotted(raw: Any) -> None:
    settings, complaints = read_settings(raw)
    assert settings.completion.max_new_tokens == 12
    assert complaints == []


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (
            {"completon": {"maxTokens": 1}},
            "unknown setting codegeex.completon.maxTokens; did you mean codegeex.completion.maxTokens?",
        ),
        ({"enable": "yes"}, "codegeex.enable must be of type boolean, not 'yes'; the default True is used"),
        ({"threads": True}, "codegeex.threads must be of type integer, not True"),
        ({"completion": {"confidence": 7}}, "codegeex.completion.confidence must be from 0 to 1, not 7"),
        (
            {"completion": {"eagerness": "wild"}},
            "codegeex.completion.eagerness must be one of few, balanced, many, not 'wild'",
        ),
        ({"device": "toaster"}, "codegeex.device must be one of auto, cpu, cuda, not 'toaster'"),
        ({"disabledLanguages": [1]}, "codegeex.disabledLanguages must be a list of strings"),
        ({"codegeex": 4}, "codegeex must be an object, not 4"),
        ([1, 2], "settings must be an object"),
    ],
)
def test_a_wrong_value_is_reported_and_the_default_kept(raw: Any, complaint: str) -> None:
    settings, complaints = read_settings(raw)
    assert complaints[0].startswith(complaint)
    assert settings == read_settings(None)[0]


@pytest.mark.parametrize(
    ("raw", "least"),
    [
        ({}, 0.5),
        ({"eagerness": "few"}, 0.7),
        ({"eagerness": "many"}, 0.3),
        ({"eagerness": "few", "confidence": 0.1}, 0.1),
    ],
)
def test_few_but_right_or_many(raw: Any, least: float) -> None:
    completion = read_settings({"completion": raw})[0].completion
    assert least == (
        Confidence().threshold(completion.eagerness) if completion.confidence is None else completion.confidence
    )


def test_the_schema_has_every_setting_in_both_languages_of_people() -> None:
    schema = json_schema()
    assert len(schema["properties"]) == len(SETTINGS)
    assert all(setting.description and setting.description_zh for setting in SETTINGS)
    assert all(setting.find_fault(setting.default) == "" for setting in SETTINGS)


def test_a_server_that_is_no_address_is_none_and_not_repeated() -> None:
    settings, complaints = read_settings({"chat.remote.url": "https://me:sk-secret@host/v1"})
    assert settings.server("chat") is None
    assert "codegeex.chat.remote.url must not hold a name or a key" in complaints[0]
    assert "sk-secret" not in complaints[0]


def test_each_purpose_has_its_own_server() -> None:
    settings, complaints = read_settings({"completion": {"remote": {"url": "http://localhost:8080", "model": "m"}}})
    assert complaints == []
    assert settings.server("chat") is None
    assert settings.destinations == "completion: http://localhost:8080/v1 (remote)"


async def test_initialization_options_count_and_faults_are_logged() -> None:
    options = {"completion": {"mode": "line"}, "colour": "red"}
    async with window(ScriptedModel("value"), initialization_options=options) as editor:
        assert editor.server.session.settings.mode == "line"
        message = await editor.logged("unknown setting codegeex.colour")
        assert message.type == types.MessageType.Warning


async def test_a_change_of_settings_takes_effect() -> None:
    async with window(ScriptedModel("value")) as editor:
        at = editor.open("x = <cursor>\n")
        assert await editor.suggestion(at) == "value"
        for settings, shown in (
            ({"enable": False}, ""),
            ({"enable": True, "disabledLanguages": ["python"]}, ""),
            ({}, "value"),
        ):
            params = types.DidChangeConfigurationParams({"codegeex": settings})
            editor.client.workspace_did_change_configuration(params)
            assert await editor.suggestion(at) == shown


@pytest.mark.parametrize("sent", [None, {}, {"python": {"linting": True}, "editor.fontSize": 3}])
async def test_settings_of_others_change_nothing(sent: Any) -> None:
    async with window(ScriptedModel("value"), initialization_options={"enable": False}) as editor:
        at = editor.open("x = <cursor>\n")
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(sent))
        assert await editor.suggestion(at) == ""
        assert editor.log == []


async def test_another_model_is_loaded_when_the_settings_name_it() -> None:
    loaded: list[tuple[str, str, int]] = []

    def load(*key: Any) -> ScriptedModel:
        loaded.append(key)
        return ScriptedModel(f"model_{key[0] or 'embedded'}")

    async with window(load) as editor:
        at = editor.open("x = <cursor>\n")
        assert await editor.suggestion(at) == "model_embedded"
        params = types.DidChangeConfigurationParams({"codegeex": {"model": "big", "threads": 2}})
        editor.client.workspace_did_change_configuration(params)
        assert await editor.suggestion(at) == "model_big"
        assert loaded == [("", "auto", 0), ("big", "auto", 2)]


async def test_settings_are_fetched_where_the_editor_answers_for_them() -> None:
    workspace = types.WorkspaceClientCapabilities(configuration=True)
    async with window(ScriptedModel("value"), capabilities=types.ClientCapabilities(workspace=workspace)) as editor:
        requests: list[Any] = []
        answered = asyncio.Event()

        @editor.client.feature(types.WORKSPACE_CONFIGURATION)
        def configuration(params: types.ConfigurationParams) -> list[Any]:
            requests.append(params.items[0].section)
            answered.set()
            return [{"enable": False}]

        at = editor.open("x = <cursor>\n")
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await answered.wait()
        assert await editor.suggestion(at) == ""
        assert requests == ["codegeex"]
