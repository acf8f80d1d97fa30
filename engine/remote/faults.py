"""Error messages about servers: what failed, where, and what to do. They hold no key, and no text that was sent."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from engine.remote.keys import VARIABLE
from engine.remote.server import Server
from engine.remote.transport import ConnectionFault, Head

MAX_QUOTED_CHARS = 200  # of the server's own message


def describe_status(server: Server, path: str, head: Head, words: str, key: str) -> str:
    """Describe a response other than 200. `words` is the server's own message, `key` the key that was sent, or ""."""
    quoted = quote(words, key)
    because = f": {quoted}" if quoted else ""
    setting = server.setting
    status = head.status
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        what = "rejects the key" if key else "requires a key, and none is set"
        return f"{server.host} {what} (HTTP {status}): `codegeex-lsp key set {server.host}`, or set {VARIABLE}"
    if status == HTTPStatus.NOT_FOUND:
        model = setting.replace(".url", ".model")
        return (
            f"{server.url}{path} does not exist, or the server has no model {server.model!r}{because}:"
            f" check {setting} and {model}"
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return f"{server.host} accepts no more requests for now{because} (HTTP {status}); wait, or check its limits"
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "the proxy requires a name and a password: add them to HTTPS_PROXY"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        target = urlsplit(head.headers.get("location", "")).netloc.rpartition("@")[2]
        return f"{server.url} redirects to {target or 'another address'}, which is not followed: set {setting} to it"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{server.host} failed with an internal error (HTTP {status}){because}; try again, or check its log"
    shorter = f"codegeex.{server.purpose}.maxPromptTokens"
    return f"{server.host} rejects the request (HTTP {status}){because}; if it is too long, lower {shorter}"


def describe_connection(server: Server, fault: ConnectionFault) -> str:
    """Describe a connection that failed, or was lost before an answer began."""
    host, reason = server.host, fault.reason
    return {
        "certificate": f"the certificate of {host} is not trusted ({reason}); set SSL_CERT_FILE to the"
        " certificate of your organisation",
        "encryption": f"no encrypted connection to {host} ({reason}): is it http, not https, in {server.setting}?",
        "proxy": f"the proxy between here and {host} rejects the request: check HTTPS_PROXY and NO_PROXY",
        "refused": f"{host} cannot be reached ({reason}): is it running, and is {server.setting} right?",
        "no answer": f"{host} cannot be reached (no answer): is it running, and is {server.setting} right?",
        "setup": f"{host} cannot be reached through the proxy set in the environment: check HTTPS_PROXY and"
        " ALL_PROXY (a SOCKS proxy needs the package socksio)",
        "lost": f"{host} closed the connection without an answer ({reason})",
    }[fault.kind]


def describe_timeout(server: Server, seconds: float) -> str:
    """Describe a server that has not answered in time."""
    return f"{server.host} did not start to answer within {seconds:g} s"


def describe_interruption(server: Server) -> str:
    """Describe an answer that was lost after it began."""
    return f"{server.host} closed the connection in the middle of the answer"


def describe_wrong_api(server: Server, kind: str) -> str:
    """Describe a server that answers with something other than OpenAI's API; `kind` is what it sent."""
    return f"{server.url} does not speak OpenAI's API (it sent {kind or 'something else'}): check {server.setting}"


def quote(words: str, key: str) -> str:
    """Return a server's message without the key, shortened."""
    text = " ".join(words.replace(key, "…").split() if key else words.split())
    text = "".join(char for char in text if char.isprintable())
    return text if len(text) <= MAX_QUOTED_CHARS else text[:MAX_QUOTED_CHARS] + "…"
