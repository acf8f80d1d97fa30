from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

CLIENT = Path(__file__).parents[2] / "clients" / "vscode"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vscode_settings", CLIENT / "settings.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_package_json_has_the_daemons_settings(generator: ModuleType) -> None:
    for file, text in generator.generated().items():
        assert file.read_text(encoding="utf-8") == text, "run `python clients/vscode/settings.py`"


def test_what_package_json_names_is_said_in_english_and_chinese() -> None:
    named = set(re.findall(r'"%([\w.]+)%"', (CLIENT / "package.json").read_text(encoding="utf-8")))
    for file in ("package.nls.json", "package.nls.zh-cn.json"):
        assert set(json.loads((CLIENT / file).read_text(encoding="utf-8"))) == named


def test_what_the_client_says_is_said_in_chinese_too() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in (CLIENT / "src").rglob("*.ts"))
    said = {
        json.loads(f'"{text}"')
        for text in re.findall(r'(?<![\w.])(?:vscode\.l10n\.)?t\(\s*"((?:[^"\\]|\\.)+)"', sources)
    }
    translated = json.loads((CLIENT / "l10n" / "bundle.l10n.zh-cn.json").read_text(encoding="utf-8"))
    assert said == set(translated)
    assert all(set(re.findall(r"\{\d\}", text)) == set(re.findall(r"\{\d\}", of)) for of, text in translated.items())


def test_no_workspace_decides_where_code_is_sent() -> None:
    package = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    settings = package["contributes"]["configuration"]["properties"]
    assert {entry["scope"] for name, entry in settings.items() if ".remote." in name} == {"machine"}


def test_the_language_model_is_not_called_local_since_a_server_may_answer() -> None:
    package = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    (provider,) = package["contributes"]["languageModelChatProviders"]
    assert "local" not in provider["displayName"]


def test_nothing_but_the_start_activates_the_extension() -> None:
    package = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    assert package["activationEvents"] == ["onStartupFinished"]
    assert package["extensionKind"] == ["workspace"]
