from __future__ import annotations

import io

import pytest

from lsp_server.cli import main

KEPT: dict[str, str] = {}


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> None:
    KEPT.clear()
    monkeypatch.delenv("CODEGEEX_API_KEY", raising=False)
    monkeypatch.setattr("keyring.get_password", lambda _, host: KEPT.get(host))
    monkeypatch.setattr("keyring.set_password", lambda _, host, key: KEPT.__setitem__(host, key))
    monkeypatch.setattr("keyring.delete_password", lambda _, host: KEPT.pop(host))


def test_a_key_is_kept_shown_to_be_there_and_removed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-secret\n"))
    assert main(["key", "set", "https://api.example.com/v1"]) == 0
    assert KEPT == {"api.example.com": "sk-secret"}
    assert main(["key", "show", "api.example.com"]) == 0
    assert main(["key", "remove", "api.example.com"]) == 0
    assert main(["key", "show", "api.example.com"]) == 1
    said = capsys.readouterr()
    assert "a key from the keyring" in said.out
    assert "sk-secret" not in said.out + said.err


def test_at_a_terminal_the_key_is_asked_for_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: f"sk-for {prompt}")
    assert main(["key", "set", "localhost:8080"]) == 0
    assert KEPT == {"localhost:8080": "sk-for key for localhost:8080 (not shown):"}


def test_no_key_changes_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert main(["key", "set", "api.example.com"]) == 2
    assert "nothing was changed" in capsys.readouterr().err
    assert KEPT == {}


def test_a_key_in_the_address_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "set", "https://me:sk-secret@host/v1"]) == 2
    assert "sk-secret" not in capsys.readouterr().err
