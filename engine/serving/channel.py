"""One connection between a window and the engine process, safe to use from several threads.

A file descriptor that one thread closes while another is about to read or write it may by then belong to a file that a
third has opened: bytes would go astray. So only the thread that receives ever closes; the others hang up.
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
    """`patience_seconds`: how long `send` waits for a peer that does not read; for ever where None, and on Windows."""

    def __init__(self, connection: Connection, patience_seconds: int | None = None) -> None:
        self._connection = connection
        if patience_seconds is not None and sys.platform != "win32":
            limit = struct.pack("ll", patience_seconds, 0)
            with socket.socket(fileno=os.dup(connection.fileno())) as copy:
                copy.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._sending, self._state = threading.Lock(), threading.Lock()
        self._is_open = True

    def send(self, message: Message) -> None:
        """Raises `OSError` where nobody listens any more."""
        raw = to_bytes(message)
        with self._sending:
            if not self._is_open:
                raise ConnectionError("the connection is closed")
            self._connection.send_bytes(raw)

    def receive(self) -> Message:
        """The next message. Raises `EOFError` or `OSError` at the end, `ValueError` for what is no message."""
        return from_bytes(self._connection.recv_bytes())

    def hang_up(self) -> None:
        """From any thread: `receive` and `send` end, here and at the other side."""
        with self._state:
            if not self._is_open:
                return
            if sys.platform == "win32":
                self._connection.close()
                return
            with suppress(OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as copy:
                copy.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """By the thread that receives, when it is done."""
        self.hang_up()
        with self._sending, self._state:
            self._is_open = False
            self._connection.close()
