"""What went wrong with a server, in a sentence: what, where, and what to do. No key, and no text that was sent."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from engine.remote.keys import VARIABLE
from engine.remote.server import Server
from engine.remote.transport import ConnectionFault, Head

MAX_QUOTED_CHARS = 200  # of what a server says itself


def of_status(server: Server, path: str, head: Head, words: str, key: str) -> str:
    """An answer that is no 200. `words` are the server's own, `key` the one that was sent, or ""."""
    quoted = quote(words, key)
    because = f": {quoted}" if quoted else ""
    setting = server.setting
    status = head.status
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        what = "refuses the key" if key else "wants a key, and there is none"
        return f"{server.host} {what} (HTTP {status}): `codegeex-lsp key set {server.host}`, or set {VARIABLE}"
    if status == HTTPStatus.NOT_FOUND:
        model = setting.replace(".url", ".model")
        return (
            f"{server.url}{path} is not there, or has no model {server.model!r}{because} (check {setting} and {model})"
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"{server.host} takes no more requests for now{because} (HTTP {status}); wait, or look at its limits"
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "the proxy wants a name and a password: write them into HTTPS_PROXY"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        target = urlsplit(head.headers.get("location", "")).netloc.rpartition("@")[2]
        return f"{server.url} sends on to {target or 'another address'}, which is not followed: name that in {setting}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{server.host} has a fault of its own (HTTP {status}){because}; try again, or look at its log"
    shorter = f"codegeex.{server.purpose}.maxPromptTokens"
    return f"{server.host} refuses the request (HTTP {status}){because}; where it is too long, lower {shorter}"


def of_connection(server: Server, fault: ConnectionFault) -> str:
    """A connection that could not be made, or was lost before an answer began."""
    host, reason = server.host, fault.reason
    return {
        "certificate": f"the certificate of {host} is not trusted ({reason}); name the one of your organisation in"
        " SSL_CERT_FILE",
        "encryption": f"no encrypted connection to {host} ({reason}): is it http, not https, in {server.setting}?",
        "proxy": f"the proxy on the way to {host} does not let the request pass: check HTTPS_PROXY and NO_PROXY",
        "refused": f"{host} cannot be reached ({reason}): is it running, and is {server.setting} right?",
        "no answer": f"{host} cannot be reached (no answer): is it running, and is {server.setting} right?",
        "setup": f"{host} cannot be reached through the proxy that the environment names: check HTTPS_PROXY and"
        " ALL_PROXY (one by SOCKS needs the package socksio)",
        "lost": f"{host} closed the connection without an answer ({reason})",
    }[fault.kind]


def no_answer(server: Server, seconds: float) -> str:
    return f"{server.host} has not begun to answer within {seconds:g} s"


def in_the_middle(server: Server) -> str:
    return f"{server.host} broke off in the middle of the answer"


def not_the_api(server: Server, kind: str) -> str:
    return f"{server.url} does not speak OpenAI's API (it sent {kind or 'something else'}): check {server.setting}"


def quote(words: str, key: str) -> str:
    """What a server says, without the key, shortened."""
    text = " ".join(words.replace(key, "…").split() if key else words.split())
    text = "".join(char for char in text if char.isprintable())
    return text if len(text) <= MAX_QUOTED_CHARS else text[:MAX_QUOTED_CHARS] + "…"
