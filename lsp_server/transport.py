"""The connection to an editor: over stdio, or once over a loopback port."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import sys
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from pygls.io_ import StdoutWriter, run_async

from lsp_server.app import create_server
from lsp_server.protocol import EditorProtocol
from lsp_server.server import CodegeexServer

log = logging.getLogger(__name__)

PIECE_BYTES = 2**16


class AddressError(ValueError):
    """A `--tcp` address that is not HOST:PORT on this machine's loopback."""


def serve_stdio(server: CodegeexServer | None = None) -> int:
    """Serve until the editor sends `exit` or closes the pipe. Return the exit code that LSP defines."""
    server = server or create_server()
    return _run(_serve_stdio(server), server)


async def _serve_stdio(server: CodegeexServer) -> None:
    reader = asyncio.StreamReader()
    # Reads the descriptor: a thread that waits in `sys.stdin.buffer` holds its lock, and the interpreter could not end.
    feeding = (asyncio.get_running_loop(), sys.stdin.fileno(), reader)
    threading.Thread(target=_feed, args=feeding, name="stdin", daemon=True).start()
    await serve(server, reader, StdoutWriter(sys.stdout.buffer))


def _feed(loop: asyncio.AbstractEventLoop, file: int, reader: asyncio.StreamReader) -> None:
    """Feed the reader from one thread. pygls would change threads for each header line and each body."""
    with suppress(RuntimeError):  # the loop has ended
        try:
            while piece := os.read(file, PIECE_BYTES):
                loop.call_soon_threadsafe(reader.feed_data, piece)
        except OSError as fault:
            log.debug("stdin ends: %s", fault)
        loop.call_soon_threadsafe(reader.feed_eof)


def parse_loopback(address: str) -> tuple[str, int]:
    """Return host and port of "HOST:PORT". Only loopback is accepted: LSP has no authentication, and code is private.

    Raises `AddressError`.
    """
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the largest port
        raise AddressError(f"{address!r} is not HOST:PORT")
    try:
        addresses = [info[4][0] for info in socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)]
    except OSError as fault:
        raise AddressError(f"{host!r} cannot be resolved: {fault}") from fault
    if not all(ipaddress.ip_address(found).is_loopback for found in addresses):
        raise AddressError(f"{host!r} is not this machine's loopback; use 127.0.0.1 or localhost")
    return addresses[0] if isinstance(addresses[0], str) else host, int(port)


def serve_tcp(host: str, port: int) -> int:
    """Serve one editor that connects to the port. Prints the port, for callers that pass 0. Return the exit code."""
    server = create_server()
    return _run(_serve_one(host, port, server), server)


async def _serve_one(host: str, port: int, server: CodegeexServer) -> None:
    connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
        asyncio.get_running_loop().create_future()
    )

    def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if connected.done():  # a second editor's messages would mix with the first one's
            writer.close()
        else:
            connected.set_result((reader, writer))

    listener = await asyncio.start_server(on_connect, host, port)
    bound = listener.sockets[0].getsockname()
    print(f"listening on {bound[0]}:{bound[1]}", file=sys.stderr, flush=True)  # noqa: T201 - for whoever started us
    reader, writer = await connected
    listener.close()
    await serve(server, reader, writer)


class InTurn:
    """A reader that lets the handler of each message begin before the next message is handled.

    Messages may come at once, and a request is about the document as it was before the change after it.
    """

    def __init__(self, reader: asyncio.StreamReader, protocol: EditorProtocol) -> None:
        self._reader, self._protocol = reader, protocol

    async def readline(self) -> bytes:
        return await self._reader.readline()

    async def readexactly(self, n: int) -> bytes:
        await asyncio.sleep(0)
        body = self._protocol.last_body = await self._reader.readexactly(n)
        return body


async def serve(
    server: CodegeexServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | StdoutWriter
) -> None:
    """Handle one client's messages until it sends `exit` or the connection ends, then stop the session."""
    server.protocol.set_writer(writer)
    try:
        await run_async(
            threading.Event(), InTurn(reader, server.protocol), server.protocol, log, server.report_server_error
        )
    except (SystemExit, asyncio.IncompleteReadError, ConnectionError):
        log.debug("the connection ended")
    finally:
        server.session.stop()
        with suppress(OSError):
            writer.close()


def _run(serving: Coroutine[Any, Any, None], server: CodegeexServer) -> int:
    """Serve to the end. Return 0 after `shutdown`, 1 without it (LSP 3.18, "Exit Notification")."""
    with suppress(KeyboardInterrupt):
        asyncio.run(serving)
    return 0 if server.protocol.was_shut_down else 1
