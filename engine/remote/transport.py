"""HTTP, in one thread with an event loop of its own: only there can a request be ended at any moment, even while it
connects or waits for the first byte. The only importer of httpx2, which is imported with the first request.

Proxies and certificates come from the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, SSL_CERT_FILE and
SSL_CERT_DIR, REQUESTS_CA_BUNDLE; without these, from the system. A server on this machine is never reached through a
proxy.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import ssl
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.types import CancellationToken, EngineError

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 5.0
KEPT_CONNECTIONS = 4
KEPT_SECONDS = 30.0
LAST_BYTES_SECONDS = 2.0  # for what follows the end of an answer
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Head:
    """The beginning of a server's response. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]


# What an exchange receives: its head, then bytes, None at the end; or what went wrong.
_Received = Head | bytes | None | BaseException


# Why a connection failed: see `_fault_of`.
Kind = Literal["certificate", "encryption", "proxy", "refused", "no answer", "setup", "lost"]


class ConnectionFault(Exception):  # noqa: N818 - becomes an EngineError that knows the server
    """`reason` is the system's own word for it; never an address, which may hold a password."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(kind, reason)
        self.kind, self.reason = kind, reason


class TimedOut(Exception):  # noqa: N818 - becomes an EngineError that knows what was waited for
    """Nothing was received in time."""


def missing_library_message() -> str:
    """Return what to install before a server can be used, or ""."""
    if find_spec("httpx2"):
        return ""
    return f'using a server needs the package httpx2: "{sys.executable}" -m pip install "codegeex-lsp[remote]"'


class Exchange:
    """One request and its response, read by one thread. `close` ends it at any moment, from any thread."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any],
        cancellation: CancellationToken,
        *,
        is_loopback: bool,
    ) -> None:
        self._received: queue.SimpleQueue[_Received] = queue.SimpleQueue()
        self._cancellation = cancellation
        self._closing = threading.Lock()
        sending = _send(url, dict(headers), dict(body), self._received, is_loopback=is_loopback)
        self._task = asyncio.run_coroutine_threadsafe(sending, _loop())

    def head(self, seconds: float) -> Head:
        """Return the head of the response; to be called first. Raises as `next` does."""
        head = self._next(seconds)
        assert isinstance(head, Head)  # noqa: S101 - `_send` puts it first
        return head

    def next(self, seconds: float) -> bytes | None:
        """Return the next bytes of the response, or None at its end.

        Raises `TimedOut`, `Cancelled`, `ConnectionFault`, and `EngineError` if the environment is wrong.
        """
        received = self._next(seconds)
        assert not isinstance(received, Head)  # noqa: S101 - `_send` puts it first only
        return received

    def _next(self, seconds: float) -> Head | bytes | None:
        with self._cancellation.on_cancel(self._wake):
            try:
                received = self._received.get(timeout=max(0.0, seconds))
            except queue.Empty:
                raise TimedOut from None
        self._cancellation.check()
        if isinstance(received, BaseException):
            raise received
        return received

    def _wake(self) -> None:
        self.close()
        self._received.put(None)

    def close(self) -> None:
        """Close the connection, unless the response was read to its end."""
        # Once: a request that is cancelled twice never leaves httpx2's pool.
        if self._closing.acquire(blocking=False):
            self._task.cancel()

    def let_end(self) -> None:
        """Read what little is left of an answer, so that the next request need not connect again."""
        loop = _loop()
        loop.call_soon_threadsafe(loop.call_later, LAST_BYTES_SECONDS, self.close)


async def _send(
    url: str, headers: dict[str, str], body: dict[str, Any], items: queue.SimpleQueue[_Received], *, is_loopback: bool
) -> None:
    try:
        client = _client(is_loopback=is_loopback)
        async with client.stream("POST", url, headers=headers, json=body) as response:
            items.put(Head(response.status_code, {name.lower(): value for name, value in response.headers.items()}))
            async for received in response.aiter_bytes():
                items.put(received)
        items.put(None)
    except EngineError as fault:
        items.put(fault)
    except Exception as fault:  # noqa: BLE001 - any kind: it is raised in the thread that waits
        items.put(_fault_of(fault))


def _fault_of(fault: Exception) -> ConnectionFault:
    import httpx2

    for each in _causes(fault):
        if isinstance(each, ssl.SSLCertVerificationError):
            return ConnectionFault("certificate", each.verify_message)
        if isinstance(each, ssl.SSLError):
            return ConnectionFault("encryption", each.reason or "")
    kinds: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Kind], ...] = (
        (httpx2.ProxyError, "proxy"),
        (httpx2.ConnectTimeout, "no answer"),
        (httpx2.ConnectError, "refused"),
        ((ImportError, ValueError, httpx2.UnsupportedProtocol), "setup"),
    )
    kind: Kind = next((kind for types, kind in kinds if isinstance(fault, types)), "lost")
    reasons = (each.strerror for each in _causes(fault) if isinstance(each, OSError) and each.strerror)
    return ConnectionFault(kind, next(reasons, "no reason is given"))


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        yield fault
        yield from getattr(fault, "exceptions", ())  # several addresses were tried
        fault = fault.__cause__ or fault.__context__


@cache
def _client(*, is_loopback: bool) -> httpx2.AsyncClient:
    """Return the HTTP client. Runs in the loop's thread."""
    import httpx2

    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Without a limit: a request that is cancelled while it connects may keep its place in the pool.
    limits = httpx2.Limits(
        max_connections=None, max_keepalive_connections=KEPT_CONNECTIONS, keepalive_expiry=KEPT_SECONDS
    )
    timeout = httpx2.Timeout(None, connect=CONNECT_SECONDS)
    return httpx2.AsyncClient(verify=_certificates(), trust_env=not is_loopback, limits=limits, timeout=timeout)


def _certificates() -> ssl.SSLContext | bool:
    """Return the certificates that the environment names, or True for the system's."""
    for variable in CERTIFICATES:
        if named := os.environ.get(variable, ""):
            is_folder = Path(named).is_dir()
            try:
                return ssl.create_default_context(
                    capath=named if is_folder else None, cafile=None if is_folder else named
                )
            except OSError as fault:  # an ssl.SSLError is one
                raise EngineError(
                    f"{variable} is set to {named}, which holds no certificates: {fault.strerror}"
                ) from fault
    return True


_STARTING = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _STARTING:  # a cache alone could create two
        return _started_loop()


@cache
def _started_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        with suppress(RuntimeError):  # the interpreter is shutting down
            loop.run_forever()

    threading.Thread(target=run, name="remote", daemon=True).start()
    return loop
