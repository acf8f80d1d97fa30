"""`codegeex-lsp key`: the API keys of servers, kept in the system's keyring and never shown."""

from __future__ import annotations

import argparse
import getpass
import sys
from urllib.parse import urlsplit

from engine.remote.keys import VARIABLE, forget_key, key_origin, store_key
from engine.remote.server import host_of, url_fault
from engine.types import EngineError
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_NOTHING, EXIT_OK


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, purpose in (
        ("set", "store a key in the keyring; typed, or read from standard input if that is a pipe"),
        ("show", f"show whether there is a key, in the keyring or in {VARIABLE}; never the key itself"),
        ("remove", "remove a key from the keyring"),
    ):
        action = actions.add_parser(name, help=purpose)
        action.add_argument(
            "host", metavar="HOST", help="such as api.example.com or localhost:8080, or the server's URL"
        )


def run(options: argparse.Namespace) -> int:
    """Return 0 if it was done, 1 if there is no key, 2 after a fault."""
    try:
        host = _host(options.host)
        if options.action == "set":
            store_key(host, _read_key(host))
            print(f"the key for {host} is in the keyring; it is sent there and nowhere else")  # noqa: T201
        elif options.action == "remove":
            is_gone = forget_key(host)
            print(f"the key for {host} was removed" if is_gone else f"the keyring has no key for {host}")  # noqa: T201
            return EXIT_OK if is_gone else EXIT_NOTHING
        else:
            origin = key_origin(host)
            print(f"{host}: a key from {origin}" if origin else f"{host}: no key")  # noqa: T201
            return EXIT_OK if origin else EXIT_NOTHING
    except EngineError as fault:
        print(f"codegeex-lsp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT
    return EXIT_OK


def _host(text: str) -> str:
    """Return the host of a URL, or of a host as the user typed it. Raises `EngineError`."""
    url = text if "://" in text else f"https://{text}"
    if fault := url_fault(url):
        raise EngineError(f"the host {fault}")
    return host_of(urlsplit(url))


def _read_key(host: str) -> str:
    is_typed = sys.stdin.isatty()
    key = (getpass.getpass(f"key for {host} (not shown): ") if is_typed else sys.stdin.readline()).strip()
    if not key:
        raise EngineError("no key was given; nothing was changed")
    return key
