"""Where the engine process is reached: a socket (a named pipe on Windows) and a key, in a folder of the owner alone."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import sys
import tempfile
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
    """`name` tells engines of different versions and installations apart: they do not share a process."""

    folder: Path
    name: str

    @property
    def listener(self) -> str:
        """As `multiprocessing.connection` takes it."""
        if sys.platform == "win32":
            return rf"\\.\pipe\{self.name}-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]}"
        return str(self.folder / f"{self.name}.sock")

    @property
    def lock(self) -> Path:
        """Held by the engine for as long as it lives."""
        return self.folder / f"{self.name}.lock"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        """Which process holds the lock: one that hangs is ended by whoever meets it."""
        return self.folder / f"{self.name}.pid"

    def remove_socket(self) -> None:
        """What a crash, or an end, leaves behind. By the holder of the lock only."""
        if sys.platform != "win32":
            Path(self.listener).unlink(missing_ok=True)

    def write_key(self) -> bytes:
        """A new key, before the engine listens. By the holder of the lock only."""
        key = secrets.token_bytes(KEY_BYTES)
        draft = self._key.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_bytes(key)
        draft.replace(self._key)
        return key

    def read_key(self) -> bytes:
        """What a client must know to be heard. Raises `OSError` where no engine has been yet."""
        return self._key.read_bytes()

    @property
    def _key(self) -> Path:
        return self.folder / f"{self.name}.key"


def find_address(version: str) -> Address:
    """The address for this installation. Raises `EngineError` for a folder that others could reach into."""
    installed = hashlib.sha256(f"{version}\0{Path(__file__).resolve()}\0{sys.executable}".encode()).hexdigest()[:10]
    name = f"engine-{installed}"
    folder = _in_temporary_folder()
    if sys.platform in {"win32", "darwin"} or os.environ.get("XDG_RUNTIME_DIR"):
        with suppress(OSError):  # a folder that cannot be had is no reason to have no engine
            folder = platformdirs.user_runtime_path("codegeex-lsp", ensure_exists=True)
    if len(os.fsencode(folder / f"{name}.sock")) > MAX_SOCKET_PATH_BYTES:
        folder = _in_temporary_folder()
    _check_owner(folder)
    return Address(folder, name)


def _in_temporary_folder() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    folder = Path(tempfile.gettempdir()) / f"codegeex-lsp-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _check_owner(folder: Path) -> None:
    if sys.platform == "win32":
        return  # the user's own profile, whose access list is Windows' business
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise EngineError(f"{folder} is not this user's folder: remove it, or set XDG_RUNTIME_DIR to one that is")
    if found.st_mode & OTHERS:
        folder.chmod(0o700)
