"""`codegeex-lsp models`: what is listed, chosen, checked, removed and converted; and what the server makes of it."""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from engine.convert import convert as conversion
from engine.model import catalog
from engine.types import ModelError
from lsp_server.cli import doctor
from tests.lsp_server.editor import window
from tests.lsp_server.models_command import ModelsCommand
from tests.scripted import ScriptedModel
from tests.small_model import small_model


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> ModelsCommand:
    """With a model "big" and a folder "half" that is none."""
    command = ModelsCommand(tmp_path, monkeypatch, capsys)
    small_model(command.folder / "big")
    (command.folder / "half").mkdir()
    return command


def test_the_list_names_what_is_in_use_and_what_is_damaged(models: ModelsCommand) -> None:
    result = models()
    assert "* embedded glm4 12.5 MiB int8 complete, infill 1,024 Apache-2.0" in result.out
    assert " big chatglm 0.0 MiB int8 chat, complete 8,192 research [only]" in result.out
    assert "half damaged" in result.out
    assert f"half: {models.folder / 'half'} is not a complete model folder: model.toml is missing" in result.out
    assert result.code == 0


def test_the_list_after_a_choice(models: ModelsCommand) -> None:
    models("use", "big")
    assert "* big" in models("list").out
    (models.folder / "big" / "model.bin").unlink()
    result = models("list").out
    assert "* embedded" in result
    assert "The default, 'big', cannot be used; the embedded model is used instead" in result


def test_the_list_for_programs(models: ModelsCommand) -> None:
    embedded, big, half = json.loads(models("list", "--json").out)
    assert (embedded["name"], embedded["in_use"], embedded["bytes"] > 10_000_000) == ("embedded", True, True)
    assert (big["capabilities"], big["context_length"]) == (["chat", "complete"], 8192)
    assert (half["in_use"], "model.toml is missing" in half["fault"]) == (False, True)


def test_show_prints_everything_as_it_stands(models: ModelsCommand) -> None:
    result = models("show", "big").out
    for fact in (
        "context 8,192 tokens",
        "licence research [only]",
        "prompt template codegeex2 stop </s>, [gMASK] chat_template glm",
        "source parameters 6243584000 files pytorch_model.bin " + "ab" * 32,
        "parity max_difference_float32 3.2e-05",
        "files model.bin " + catalog.checksums(models.folder / "big")["model.bin"],
    ):
        assert fact in result


def test_show_is_of_the_model_in_use_where_none_is_named(models: ModelsCommand) -> None:
    assert models("show").out.startswith("embedded, codegeex-lsp-embedded-12m, in use")
    models("use", "big")
    shown = json.loads(models("show", "--json").out)
    assert (shown["name"], shown["in_use"]) == ("big", True)
    assert shown["description"]["prompt"]["stop"] == ["</s>", "[gMASK]"]


def test_verify_names_the_damaged_file(models: ModelsCommand) -> None:
    assert models("verify", "big").code == 0
    (models.folder / "big" / "model.bin").write_bytes(b"weights, or not")
    result = models("verify", "big")
    assert "model.bin is damaged: its checksum is not the one in model.toml" in result.out
    assert "config.json whole" in result.out
    assert result.code == 1


def test_a_model_that_does_not_complete_is_chosen_with_a_note(models: ModelsCommand) -> None:
    toml = models.folder / "big" / "model.toml"
    toml.write_text(toml.read_text().replace('["chat", "complete"]', '["chat"]'))
    result = models("use", "big")
    assert (result.code, "It cannot complete code, only: chat." in result.out) == (0, True)


@pytest.mark.parametrize(("answer", "removed"), [("y", True), ("n", False), ("", False), (None, False)])
def test_remove_asks(models: ModelsCommand, answer: str | None, removed: bool) -> None:
    result = models("remove", "big", answer=answer)
    assert f"Remove {models.folder / 'big'} (0.0 MiB)? [y/N]" in result.out
    assert (result.code == 0, catalog.is_installed("big")) == (removed, not removed)


def test_remove_of_the_default(models: ModelsCommand) -> None:
    models("use", "big")
    assert "It was the default, which is now the embedded model." in models("remove", "big", "--yes").out
    assert catalog.default_name() == ""


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["show", "half"], "model.toml is missing"),
        (["verify", "half"], "model.toml cannot be read"),
        (["verify", "nope"], "no model named 'nope'"),
        (["use", "half"], "model.toml is missing"),
        (["remove", "embedded", "--yes"], "part of codegeex-lsp and cannot be removed"),
        (["remove", "../models", "--yes"], "no model named '../models'"),
        (["convert", "/nowhere/at/all"], "/nowhere/at/all does not exist"),
        (["convert", ".", "--name", "big"], "a model named 'big' already exists: choose another --name"),
        (["convert", ".", "--name", "../big"], "--name '../big' must be a folder's plain name"),
        (["convert", ".", "--name", "embedded"], "is the name of the model inside the package"),
    ],
)
def test_faults_are_one_sentence(models: ModelsCommand, words: list[str], fault: str) -> None:
    result = models(*words)
    assert (result.code, result.out.strip()) == (1, "")
    assert result.err.startswith("codegeex-lsp: ")
    assert fault in result.err


def test_convert_passes_the_options_on_and_prints_how_to_use_the_model(
    models: ModelsCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    requests: list[conversion.Conversion] = []

    def convert(request: conversion.Conversion, report: conversion.Report) -> Path:
        requests.append(request)
        report.stage("writing [the] model", 100)
        report.advance(40)
        return small_model(request.folder / request.name)

    monkeypatch.setattr(conversion, "convert", convert)
    result = models("convert", "src", "--name", "new", "--quantization", "float16", "--tokenizer", str(tmp_path))
    assert requests == [conversion.Conversion(Path("src"), models.folder, "new", "float16", tmp_path)]
    assert "writing [the] model" in result.err
    assert "100%" in result.err
    assert "new was installed." in result.out
    assert "Use it: codegeex-lsp models use new" in result.out


def test_convert_interrupted_is_one_line(models: ModelsCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    def convert(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(conversion, "convert", convert)
    result = models("convert", "src")
    assert (result.code, result.err.strip()) == (
        130,
        "codegeex-lsp: interrupted; no model was installed, unless reported above",
    )


def test_convert_without_its_packages_prints_how_to_install_them(
    models: ModelsCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else found(name))
    result = models("convert", "src")
    assert result.code == 1
    assert f'(torch); install them with {sys.executable} -m pip install "codegeex-lsp[convert]"' in result.err


def test_doctor_names_the_model_in_use(
    models: ModelsCommand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_measure", lambda *_: None)
    models("use", "big")
    assert doctor.run(argparse.Namespace(model="", chat_url="", completion_url="")) == 0
    assert "big: the default, chosen with `models use`" in capsys.readouterr().out
    (models.folder / "big" / "model.bin").unlink()
    assert doctor.run(argparse.Namespace(model="", chat_url="", completion_url="")) == 1
    result = " ".join(capsys.readouterr().out.split())
    assert "codegeex-lsp-embedded-12m: instead of the default, see below" in result
    assert "problem: the default model cannot be used" in result


def chosen_gone(name: str, *_: object) -> ScriptedModel:
    """Loads as the server does where the default cannot be used."""
    if name == "embedded":
        return ScriptedModel("value")
    raise ModelError("the default model cannot be used: it has vanished")


async def test_the_server_completes_with_the_embedded_model_and_logs_once_why() -> None:
    async with window(chosen_gone) as editor:
        at = editor.open("x = <cursor>\n")
        assert await editor.suggestion(at) == "value"
        for _ in range(2):  # whatever else is set, the model is the same
            settings = types.DidChangeConfigurationParams({"codegeex": {"completion": {"mode": "line"}}})
            editor.client.workspace_did_change_configuration(settings)
            assert await editor.suggestion(at) == "value"
        result = [message.message for message in editor.log if message.type != types.MessageType.Info]
        assert result == ["the default model cannot be used: it has vanished; the embedded model answers instead"]


async def test_a_model_that_the_settings_name_is_not_replaced() -> None:
    async with window(chosen_gone, initialization_options={"model": "big"}) as editor:
        assert await editor.suggestion(editor.open("x = <cursor>\n")) == ""
        assert (await editor.logged("it has vanished")).type == types.MessageType.Error


async def test_the_setting_comes_before_the_users_default() -> None:
    loaded: list[Any] = []

    def load(*key: Any) -> ScriptedModel:
        loaded.append(key[0])
        return ScriptedModel("value")

    async with window(load, initialization_options={"model": "other"}) as editor:
        assert await editor.suggestion(editor.open("x = <cursor>\n")) == "value"
    assert loaded == ["other"]


@pytest.mark.command
def test_the_command_has_it() -> None:
    done = subprocess.run([sys.executable, "-m", "codegeex_lsp", "models"], capture_output=True, text=True, check=True)
    assert "embedded" in done.stdout
