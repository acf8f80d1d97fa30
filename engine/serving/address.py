"""The address of the engine process: a socket (a named pipe on Windows) and a key, in a folder of its owner alone."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from engine.types import EngineError

KEY_BYTES = 32
MAX_SOCKET_PATH_BYTES = 100  # 104 on macOS, with the closing zero
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Address:
    """The files of one engine process."""

    folder: Path
    name: str  # differs by version and installation, which do not share a process

    @property
    def listener(self) -> str:
        """The address as `multiprocessing.connection` takes it."""
        if sys.platform == "win32":
            return rf"\\.\pipe\{self.name}-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]}"
        return str(self.folder / f"{self.name}.sock")

    @property
    def lock(self) -> Path:
        """The lock that an engine holds for as long as it lives."""
        return self.folder / f"{self.name}.lock"

    @property
    def log(self) -> Path:
        """The file that the engine process logs to."""
        return self.folder / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """The process that holds the lock, so that a client can end an engine that hangs."""
        return self.folder / f"{self.name}.pid"

    def remove_socket(self) -> None:
        """Remove the socket that an engine has left. For the holder of the lock only."""
        if sys.platform != "win32":
            Path(self.listener).unlink(missing_ok=True)

    def prepare_folder(self) -> None:
        """Make the folder if it is gone. Raises `OSError`, and `EngineError` if others could write to it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(self.folder)

    def write_key(self, key: bytes) -> None:
        """Write the key before the engine listens. For the holder of the lock only."""
        draft = self._key.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_bytes(key)
        draft.replace(self._key)

    def read_key(self) -> bytes:
        """Return the key that a client must prove to know. Raises `OSError` if there has been no engine yet."""
        return self._key.read_bytes()

    @property
    def _key(self) -> Path:
        return self.folder / f"{self.name}.key"


def find_address(version: str) -> Address:
    """Return the address for this installation. Raises `EngineError` if others could write to its folder."""
    installed = hashlib.sha256(f"{version}\0{Path(__file__).resolve()}\0{sys.executable}".encode()).hexdigest()[:10]
    name = f"engine-{installed}"
    for folder in _folders():
        address = Address(folder, name)
        if sys.platform != "win32" and len(os.fsencode(address.listener)) > MAX_SOCKET_PATH_BYTES:
            continue
        with suppress(OSError):
            address.prepare_folder()
            return address
    raise EngineError(
        "no folder can hold the engine's socket: set XDG_RUNTIME_DIR to a folder of yours, of a short path"
    )


def _folders() -> Iterator[Path]:
    """Yield the folders that may hold the socket, the best first."""
    if sys.platform in {"win32", "darwin"} or os.environ.get("XDG_RUNTIME_DIR"):
        yield platformdirs.user_runtime_path("codegeex-lsp")
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    yield Path(tempfile.gettempdir()) / f"codegeex-lsp-{user}"
    if os.name == "posix":
        yield Path("/tmp") / f"codegeex-lsp-{user}"  # noqa: S108 - its owner and mode are checked


def _check_owner(folder: Path) -> None:
    if sys.platform == "win32":
        return  # the folder is in the user's own profile, which Windows protects
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise EngineError(f"{folder} is not this user's folder: remove it, or set XDG_RUNTIME_DIR to one that is")
    if found.st_mode & OTHERS:
        folder.chmod(0o700)
