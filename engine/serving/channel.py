"""One connection between a window and the engine process, safe to use from several threads.

A file descriptor that one thread closes while another is about to read or write it may by then belong to a file that a
third has opened: bytes would go astray. So only the thread that receives ever closes; the others hang up.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from engine.serving.messages import Message, from_bytes, to_bytes


class Channel:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
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
