"""Keys of servers, from the environment or the system's keyring. Each belongs to one host and is sent to no other.

A key never appears in a setting, a log or an error. `CODEGEEX_API_KEY` holds HOST=KEY, or several separated by spaces;
the keyring holds them under the service "codegeex-lsp", with the host as the user name.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from engine.remote.server import Server
from engine.types import EngineError

VARIABLE = "CODEGEEX_API_KEY"
SERVICE = "codegeex-lsp"


def find_key(server: Server) -> str:
    """Return the key of a server's host, or "". May wait for a locked keyring.

    Raises `EngineError` for a key that cannot be sent, or that the whole network could read.
    """
    key = _from_environment(server.host) or _from_keyring(server.host)
    if key and not (key.isascii() and key.isprintable()):
        raise EngineError(f"the key for {server.host} has characters that no key has; set it again")
    if key and not (server.is_encrypted or server.is_loopback):
        raise EngineError(
            f"the key for {server.host} is not sent over http, where the whole network could read it:"
            f" use an address with https in {server.setting}"
        )
    return key


def key_origin(host: str) -> str:
    """Return where the key for a host comes from, in words, or "" if there is none."""
    if _from_environment(host):
        return f"the environment ({VARIABLE})"
    return "the keyring" if _from_keyring(host) else ""


def store_key(host: str, key: str) -> None:
    """Store a key in the keyring. Raises `EngineError` if there is no keyring."""
    keyring = _keyring()
    try:
        keyring.set_password(SERVICE, host, key)
    except Exception:  # noqa: BLE001 - each system's keyring has its own errors, whose texts may hold the key
        raise EngineError(f"the keyring rejects the key; {_use_the_environment(host)}") from None


def forget_key(host: str) -> bool:
    """Delete a key from the keyring. Return False if there was none. Raises `EngineError` if there is no keyring."""
    keyring = _keyring()
    if not _from_keyring(host):
        return False
    try:
        keyring.delete_password(SERVICE, host)
    except Exception:  # noqa: BLE001 - as above
        raise EngineError(
            "the keyring cannot be changed: unlock it, or delete the key with your system's own tool"
        ) from None
    return True


def _from_environment(host: str) -> str:
    for entry in os.environ.get(VARIABLE, "").split():
        name, equals, key = entry.partition("=")
        if not equals:
            raise EngineError(f"{VARIABLE} must name the host that a key is for: {VARIABLE}={host}=KEY")
        if name.lower() == host:
            return key
    return ""


def _from_keyring(host: str) -> str:
    try:
        import keyring

        return keyring.get_password(SERVICE, host) or ""
    except ImportError:
        return ""
    except Exception:  # noqa: BLE001 - a keyring that is locked or missing holds no key for us
        return ""


def _keyring() -> Any:
    try:
        import keyring
    except ImportError:
        raise EngineError(
            f'the keyring needs the package keyring: "{sys.executable}" -m pip install "codegeex-lsp[remote]"'
        ) from None
    return keyring


def _use_the_environment(host: str) -> str:
    return f"set the environment variable {VARIABLE}={host}=KEY instead"
