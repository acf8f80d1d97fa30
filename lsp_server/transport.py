"""How editors reach the server: stdio, or one connection on a loopback port."""

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
from lsp_server.server import CodegeexServer

log = logging.getLogger(__name__)

PIECE_BYTES = 2**16


class AddressError(ValueError):
    """A `--tcp` address that is not HOST:PORT on this machine's loopback."""


def serve_stdio(server: CodegeexServer | None = None) -> int:
    """Serves until the editor says `exit` or closes the pipe; the exit code LSP asks for."""
    server = server or create_server()
    return _run(_serve_stdio(server), server)


async def _serve_stdio(server: CodegeexServer) -> None:
    reader = asyncio.StreamReader()
    # Of the file itself: a thread that waits in Python's own buffer holds its lock, and the interpreter could not end.
    feeding = (asyncio.get_running_loop(), sys.stdin.fileno(), reader)
    threading.Thread(target=_feed, args=feeding, name="stdin", daemon=True).start()
    await serve(server, reader, StdoutWriter(sys.stdout.buffer))


def _feed(loop: asyncio.AbstractEventLoop, file: int, reader: asyncio.StreamReader) -> None:
    """Hands on what comes, as it comes: pygls would change threads for each line of a message's head, and its body."""
    with suppress(RuntimeError):  # the loop has ended
        try:
            while piece := os.read(file, PIECE_BYTES):
                loop.call_soon_threadsafe(reader.feed_data, piece)
        except OSError as fault:
            log.debug("stdin ends: %s", fault)
        loop.call_soon_threadsafe(reader.feed_eof)


def parse_loopback(address: str) -> tuple[str, int]:
    """HOST:PORT. Only loopback is taken: the protocol has no authentication, and the code is private."""
    host, colon, port = address.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the largest port
        raise AddressError(f"{address!r} is not HOST:PORT")
    try:
        addresses = [info[4][0] for info in socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)]
    except OSError as fault:
        raise AddressError(f"{host!r} cannot be resolved: {fault}") from fault
    if not all(ipaddress.ip_address(found).is_loopback for found in addresses):
        raise AddressError(f"{host!r} is not this machine's loopback: nothing may leave it; use 127.0.0.1 or localhost")
    return addresses[0] if isinstance(addresses[0], str) else host, int(port)


def serve_tcp(host: str, port: int) -> int:
    """Serves one editor that connects to HOST:PORT, then ends. Prints the port, which may have been 0."""
    server = create_server()
    return _run(_serve_one(host, port, server), server)


async def _serve_one(host: str, port: int, server: CodegeexServer) -> None:
    connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
        asyncio.get_running_loop().create_future()
    )

    def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if connected.done():  # a second editor would write into the first one's answers
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
    """A reader of several messages that came at once. What the first one asks begins before the second is handled: it
    is about the document as it was.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def readline(self) -> bytes:
        return await self._reader.readline()

    async def readexactly(self, n: int) -> bytes:
        await asyncio.sleep(0)
        return await self._reader.readexactly(n)


async def serve(
    server: CodegeexServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | StdoutWriter
) -> None:
    """Handle one client's messages until it says `exit` or the connection ends, then stop the session."""
    server.protocol.set_writer(writer)
    try:
        await run_async(threading.Event(), InTurn(reader), server.protocol, log, server.report_server_error)
    except (SystemExit, asyncio.IncompleteReadError, ConnectionError):
        log.debug("the connection ended")
    finally:
        server.session.stop()
        with suppress(OSError):
            writer.close()


def _run(serving: Coroutine[Any, Any, None], server: CodegeexServer) -> int:
    """Serves to the end. 0 after `shutdown`, 1 without it (LSP 3.18, "Exit Notification")."""
    with suppress(KeyboardInterrupt):
        asyncio.run(serving)
    return 0 if server.protocol.was_shut_down else 1
