from __future__ import annotations

import pytest

from engine.remote.server import read_server, url_fault
from engine.types import EngineError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://API.example.com", "https://api.example.com/v1"),
        ("https://api.example.com:443/v1/", "https://api.example.com/v1"),
        ("http://localhost:8080", "http://localhost:8080/v1"),
        ("https://host/openai/v1/chat/completions", "https://host/openai/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ],
)
def test_an_address_as_people_write_it(url: str, expected: str) -> None:
    assert read_server(url, "", "chat").url == expected


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com/v1",
        "ftp://host/v1",
        "https://",
        "https://user:sk-secret@host/v1",
        "https://host/v1?key=sk-secret",
        "https://host/v1#x",
        "https://host:port",
        "https://[::1",
        "https://host /v1",
    ],
)
def test_a_wrong_address_is_an_error_that_does_not_repeat_it(url: str) -> None:
    assert url_fault(url)
    assert "sk-secret" not in url_fault(url)
    with pytest.raises(EngineError, match=r"codegeex\.chat\.remote\.url"):
        read_server(url, "", "chat")


def test_a_server_tells_where_text_goes() -> None:
    assert str(read_server("https://host/v1", "m", "chat")) == "chat: https://host/v1 (remote)"
    assert str(read_server("http://10.0.0.5", "m", "completion")).endswith("(remote, not encrypted)")
    assert str(read_server("http://127.0.0.1:1", "m", "chat")) == "chat: http://127.0.0.1:1/v1 (remote)"
