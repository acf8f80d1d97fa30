"""Keys of servers: from the environment or the system's keyring, each for one host and sent to no other.

A key never stands in a setting, a log or an error. `CODEGEEX_API_KEY` holds HOST=KEY, or several with blanks between;
the keyring has them under the service "codegeex-lsp", with the host as the user's name.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from engine.remote.server import Server
from engine.types import EngineError

VARIABLE = "CODEGEEX_API_KEY"
SERVICE = "codegeex-lsp"


def key_for(server: Server) -> str:
    """The key of a server's host, "" where there is none. May wait for a locked keyring.

    Raises `EngineError` for a key that cannot be sent, or would be sent for all the network to read.
    """
    key = _from_environment(server.host) or _from_keyring(server.host)
    if key and not (key.isascii() and key.isprintable()):
        raise EngineError(f"the key for {server.host} has signs that no key has; set it again")
    if key and not (server.is_encrypted or server.is_loopback):
        raise EngineError(
            f"the key for {server.host} is not sent over http, where all the network can read it:"
            f" use an address with https in {server.setting}"
        )
    return key


def origin_of(host: str) -> str:
    """Where the key for a host comes from, for a person; "" where there is none."""
    if _from_environment(host):
        return f"the environment ({VARIABLE})"
    return "the keyring" if _from_keyring(host) else ""


def store(host: str, key: str) -> None:
    """Raises `EngineError` where there is no keyring."""
    keyring = _keyring()
    try:
        keyring.set_password(SERVICE, host, key)
    except Exception as fault:  # noqa: BLE001 - each system's keyring has faults of its own; their texts do not hold the key
        raise EngineError(f"the keyring takes no key ({type(fault).__name__}); {_use_the_environment(host)}") from None


def forget(host: str) -> bool:
    """Whether there was a key. Raises `EngineError` where there is no keyring."""
    keyring = _keyring()
    if not _from_keyring(host):
        return False
    try:
        keyring.delete_password(SERVICE, host)
    except Exception as fault:  # noqa: BLE001 - as above
        raise EngineError(f"the keyring cannot be changed ({type(fault).__name__})") from None
    return True


def _from_environment(host: str) -> str:
    for entry in os.environ.get(VARIABLE, "").split():
        name, equals, key = entry.partition("=")
        if not equals:
            raise EngineError(f"{VARIABLE} must say which host a key is for: {VARIABLE}={host}=KEY")
        if name.lower() == host:
            return key
    return ""


def _from_keyring(host: str) -> str:
    try:
        import keyring

        return keyring.get_password(SERVICE, host) or ""
    except ImportError:
        return ""
    except Exception:  # noqa: BLE001 - a keyring that is locked or not there holds no key for us
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
