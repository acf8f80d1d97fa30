"""Where clients reach this engine process: it holds the lock, listens at the socket, and accepts those with the key.

A cleaner of temporary folders may remove any of the files while the process lives; `keep` makes them again.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge

import filelock

from engine.serving.address import KEY_BYTES, Address
from engine.serving.channel import Channel
from engine.types import EngineError

log = logging.getLogger(__name__)

BACKLOG = 64
HANDSHAKE_SECONDS = 5.0  # for a client to prove that it has the key
SEND_SECONDS = 1  # after which a client that does not read is disconnected


class _SocketListener:
    """A `Listener` of `multiprocessing.connection` for Unix sockets whose socket may be removed and made again."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen(BACKLOG)

    def accept(self) -> Connection:
        """Wait for a client. Raises `OSError` once the listener is closed."""
        accepted, _ = self._socket.accept()
        accepted.settimeout(None)
        return Connection(accepted.detach())

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # ends `accept` in its thread
        self._socket.close()


def _listener_at(address: str) -> _SocketListener | Listener:
    return Listener(address, backlog=BACKLOG) if sys.platform == "win32" else _SocketListener(address)


class Endpoint:
    """`on_connect` is called for each client with the key, in a thread of its own."""

    def __init__(self, address: Address, on_connect: Callable[[Channel], object]) -> None:
        self._address, self._on_connect = address, on_connect
        self._key = secrets.token_bytes(KEY_BYTES)
        self._lock: filelock.BaseFileLock | None = None
        self._lock_file: os.stat_result | None = None  # of the file that is locked
        self._listener: _SocketListener | Listener | None = None

    def open(self) -> bool:
        """Take the lock and listen. Return False if another engine process has it. Raises `OSError`, `EngineError`."""
        self._address.prepare_folder()
        lock = filelock.FileLock(self._address.lock, blocking=False)
        try:
            lock.acquire()
        except filelock.Timeout:
            return False
        self._lock, self._lock_file = lock, self._address.lock.stat()
        self._listen()
        return True

    def keep(self) -> None:
        """Make again what is gone of lock, socket and key. Do nothing while another engine process has the lock."""
        with suppress(OSError, EngineError):  # tried again at the next call
            if not self._holds_lock:
                if self._lock:
                    self._lock.release(force=True)
                    self._lock = None
                    log.info("the lock was removed")
                self.open()
            elif sys.platform != "win32" and not os.path.exists(self._address.listener):  # noqa: PTH110 - a socket
                log.info("the socket was removed")
                self._listen()
            elif not (self._address.pid_file.exists() and self._is_key_written):
                self._write_files()

    def close(self) -> None:
        """Remove the socket, unless it is another engine process' by now."""
        if self._holds_lock:
            self._address.remove_socket()
        self._stop_listening()

    @property
    def _holds_lock(self) -> bool:
        """True if the lock file is the one that is locked here. On Windows a locked file cannot be removed."""
        if self._lock is None or self._lock_file is None:
            return False
        if sys.platform == "win32":
            return True
        try:
            return os.path.samestat(self._lock_file, self._address.lock.stat())
        except OSError:
            return False

    @property
    def _is_key_written(self) -> bool:
        try:
            return self._address.read_key() == self._key
        except OSError:
            return False

    def _listen(self) -> None:
        self._stop_listening()
        self._address.remove_socket()
        self._write_files()
        listener = _listener_at(self._address.listener)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="clients", daemon=True).start()
        log.info("listening on %s", self._address.listener)

    def _write_files(self) -> None:
        self._address.pid_file.write_text(str(os.getpid()))
        self._address.write_key(self._key)

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener:
            listener.close()

    def _accept(self, listener: _SocketListener | Listener) -> None:
        while self._listener is listener:
            try:
                connection = listener.accept()
            except OSError as fault:  # a client that left at once, or the end
                log.debug("a connection failed: %s", fault)
                continue
            threading.Thread(target=self._greet, args=(connection,), name="client", daemon=True).start()

    def _greet(self, connection: Connection) -> None:
        """Check that the client has the key, without waiting long for one that says nothing."""
        channel = Channel(connection, SEND_SECONDS)
        limit = threading.Timer(HANDSHAKE_SECONDS, channel.shut_down)
        limit.daemon = True
        limit.start()
        try:
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
        except Exception as fault:  # noqa: BLE001 - whatever a stranger's bytes make multiprocessing raise
            log.debug("a client without the key: %s", fault)
            channel.close()
            return
        finally:
            limit.cancel()
        self._on_connect(channel)
