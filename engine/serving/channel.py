"""One connection between a window and the engine process, safe to use from several threads.

If one thread closes a file descriptor while another is about to use it, the number may by then belong to a file that a
third has opened. So only the thread that receives closes the connection; the others shut it down.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from engine.serving.messages import Message, from_bytes, to_bytes


class Channel:
    """`send` waits at most `patience_seconds` for a peer that does not read; forever if None, and on Windows."""

    def __init__(self, connection: Connection, patience_seconds: int | None = None) -> None:
        self._connection = connection
        if patience_seconds is not None and sys.platform != "win32":
            limit = struct.pack("ll", patience_seconds, 0)
            with socket.socket(fileno=os.dup(connection.fileno())) as copy:
                copy.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._sending, self._state = threading.Lock(), threading.Lock()
        self._is_open = True

    def send(self, message: Message) -> None:
        """Send a message. Raises `OSError` if the peer has gone."""
        raw = to_bytes(message)
        with self._sending:
            if not self._is_open:
                raise ConnectionError("the connection is closed")
            self._connection.send_bytes(raw)

    def receive(self) -> Message:
        """Return the next message. Raises `EOFError` or `OSError` at the end, `ValueError` for anything else."""
        return from_bytes(self._connection.recv_bytes())

    def shut_down(self) -> None:
        """End `receive` and `send`, here and at the other side. For any thread."""
        with self._state:
            if not self._is_open:
                return
            if sys.platform == "win32":
                self._connection.close()
                return
            with suppress(OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as copy:
                copy.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection. For the thread that receives, when it is done."""
        self.shut_down()
        with self._sending, self._state:
            self._is_open = False
            self._connection.close()
