"""A server, as the settings name it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from engine.types import EngineError

Purpose = Literal["chat", "completion"]
DEFAULT_PATH = "/v1"
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Server:
    """A server that answers for one purpose.

    `url` is what the API's paths are appended to, without a trailing slash. `host` includes the port unless it is the
    scheme's own: a key belongs to it. `model` is the name to request, "" for a server that has only one.
    """

    url: str
    host: str
    model: str
    purpose: Purpose
    is_loopback: bool
    infill: str = "suffix"  # a key of `engine.remote.infilling.FORMS`

    @property
    def is_encrypted(self) -> bool:
        return self.url.startswith("https:")

    @property
    def setting(self) -> str:
        return f"codegeex.{self.purpose}.remote.url"

    @property
    def name(self) -> str:
        return self.model or self.host

    def __str__(self) -> str:
        """Return where text is sent, for the user."""
        plain = "" if self.is_encrypted or self.is_loopback else ", not encrypted"
        return f"{self.purpose}: {self.url} (remote{plain})"


def url_fault(url: str) -> str:
    """Return what is wrong with a server's address, or "". Does not repeat it: people paste keys into addresses."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or not url.isprintable() or " " in url:
        return "must be an address such as https://host/v1"
    if parts.username is not None or parts.password is not None:
        return "must not hold a name or a key: `codegeex-lsp key set` keeps keys"
    if parts.query or parts.fragment:
        return "must end with the path"
    return ""


def read_server(url: str, model: str, purpose: Purpose, infill: str = "suffix") -> Server:
    """Return the server of an address; one without a path gets `/v1`. Raises `EngineError` for a wrong address."""
    if fault := url_fault(url):
        raise EngineError(f"codegeex.{purpose}.remote.url {fault}")
    parts = urlsplit(url)
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/completions") or DEFAULT_PATH
    host = host_of(parts)
    is_loopback = _is_loopback(parts.hostname or "")
    return Server(f"{parts.scheme}://{host}{path}", host, model.strip(), purpose, is_loopback, infill)


def host_of(parts: SplitResult) -> str:
    """Return the host in lower case, with the port unless it is the scheme's own."""
    name = (parts.hostname or "").lower()
    name = f"[{name}]" if ":" in name else name
    return name if parts.port in {None, DEFAULT_PORTS.get(parts.scheme)} else f"{name}:{parts.port}"


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
