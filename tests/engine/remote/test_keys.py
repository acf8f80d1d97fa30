from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from engine.remote.keys import VARIABLE, find_key, forget_key, key_origin, store_key
from engine.remote.server import Server, read_server
from engine.types import EngineError


class MemoryKeyring(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise NoKeyringError
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise NoKeyringError(password)
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    monkeypatch.delenv(VARIABLE, raising=False)
    before, ours = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


def server(url: str = "https://api.example.com/v1") -> Server:
    return read_server(url, "", "chat")


def test_a_key_is_kept_for_its_host() -> None:
    store_key("api.example.com", "sk-one")
    assert find_key(server()) == "sk-one"
    assert key_origin("api.example.com") == "the keyring"
    assert find_key(server("https://api.example.com:8443/v1")) == ""
    assert find_key(server("https://example.com/v1")) == ""


def test_a_key_that_was_removed_is_gone() -> None:
    store_key("api.example.com", "sk-one")
    assert forget_key("api.example.com")
    assert not forget_key("api.example.com")
    assert find_key(server()) == ""


def test_the_environment_names_hosts_and_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    store_key("api.example.com", "sk-ring")
    monkeypatch.setenv(VARIABLE, "localhost:8080=sk-local api.example.com=sk-env==")
    assert find_key(server()) == "sk-env=="
    assert find_key(server("http://localhost:8080")) == "sk-local"


def test_a_key_without_a_host_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sk-secret")
    with pytest.raises(EngineError, match=r"CODEGEEX_API_KEY=api\.example\.com=KEY") as refused:
        find_key(server())
    assert "sk-secret" not in str(refused.value)


def test_a_key_is_not_sent_for_all_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "192.168.0.7=sk-secret")
    with pytest.raises(EngineError, match="is not sent over http") as refused:
        find_key(server("http://192.168.0.7/v1"))
    assert "sk-secret" not in str(refused.value)


def test_a_key_with_a_line_end_is_none(ring: MemoryKeyring) -> None:
    ring.kept["codegeex-lsp", "api.example.com"] = "sk-secret\r\nX-Evil: 1"
    with pytest.raises(EngineError) as refused:
        find_key(server())
    assert "sk-secret" not in str(refused.value)


def test_without_a_keyring_there_is_no_key_and_none_can_be_kept(ring: MemoryKeyring) -> None:
    ring.is_locked = True
    assert find_key(server()) == ""
    with pytest.raises(EngineError, match="set the environment variable") as refused:
        store_key("api.example.com", "sk-secret")
    assert "sk-secret" not in str(refused.value)
