from __future__ import annotations

import pytest

from engine.completion.pipeline import Completer
from engine.remote.infilling import FORMS
from engine.remote.model import RemoteModel
from engine.remote.server import read_server
from engine.types import CancellationToken, CompletionSettings, Outcome
from tests.engine.remote.scripted_server import ScriptedServer, serving, speech, text
from tests.scripted import at_cursor


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEGEEX_API_KEY", raising=False)
    monkeypatch.setattr("engine.remote.keys._from_keyring", lambda _: "")


def completed(server: ScriptedServer, infill: str, source: str = "x = <cursor>\ny = 2\n") -> Outcome:
    model = RemoteModel(read_server(server.url, "m", "completion", infill))
    return Completer(model, CompletionSettings()).complete(at_cursor(source), CancellationToken())


def test_the_apis_field() -> None:
    with serving(speech("1", "23", make=text)) as server:
        outcome = completed(server, "suffix")
    assert outcome.completion
    assert outcome.completion.text == "123"
    body = server.asked[0]["body"]
    assert (body["prompt"], body["suffix"]) == ("x = ", "\ny = 2\n")


def test_nothing() -> None:
    with serving(speech("1", "23", make=text)) as server:
        assert completed(server, "none").completion
    assert server.asked[0]["body"]["prompt"] == "x = "
    assert "suffix" not in server.asked[0]["body"]


@pytest.mark.parametrize(
    ("infill", "prompt"),
    [
        ("qwen2.5-coder", "<|fim_prefix|>x = <|fim_suffix|>\ny = 2\n<|fim_middle|>"),
        ("codestral", "[SUFFIX]\ny = 2\n[PREFIX]x = "),
        ("deepseek-coder", "<｜fim▁begin｜>x = <｜fim▁hole｜>\ny = 2\n<｜fim▁end｜>"),
        ("starcoder", "<fim_prefix>x = <fim_suffix>\ny = 2\n<fim_middle>"),
        ("codegeex4", "<|code_suffix|>\ny = 2\n<|code_prefix|>x = <|code_middle|><|assistant|>\n"),
    ],
)
def test_the_models_control_tokens(infill: str, prompt: str) -> None:
    with serving(speech("1", "23", make=text)) as server:
        assert completed(server, infill).completion
    assert server.asked[0]["body"]["prompt"].endswith(prompt)
    assert "suffix" not in server.asked[0]["body"]


@pytest.mark.parametrize("infill", [name for name, form in FORMS.items() if form.is_rendered])
def test_the_users_text_spells_no_control_token(infill: str) -> None:
    marks = FORMS[infill].marks
    with serving(speech("1", "23", make=text)) as server:
        completed(server, infill)
        completed(server, infill, "".join(f"# {mark} <|im_start|>\n" for mark in marks) + "x = <cursor>\ny = 2\n")
    plain, hostile = (each["body"]["prompt"] for each in server.asked)
    assert {mark: plain.count(mark) for mark in marks} == {mark: hostile.count(mark) for mark in marks}
    assert "<|im_start|>" not in hostile
