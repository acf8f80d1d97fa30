"""A server on this machine that answers as a test tells it to, byte by byte, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).with_name("loopback.pem")  # and its key, which is no secret
STREAM = "text/event-stream"
SECONDS = 20.0  # nothing here takes so long


@dataclass
class Reply:
    """The response to one request: `parts` are sent one by one. `holds` keeps the connection open after them."""

    parts: tuple[bytes, ...] = ()
    status: int = 200
    kind: str = STREAM
    headers: dict[str, str] = field(default_factory=dict)
    holds: bool = False
    breaks_off: bool = False  # instead of ending as HTTP has it


@dataclass
class ScriptedServer:
    """`replies` are given one after the other, the last one again and again."""

    scheme: str
    port: int = 0
    replies: list[Reply] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)  # path, headers in small letters, body, from
    began: threading.Event = field(default_factory=threading.Event)  # a request is there
    left: threading.Event = field(default_factory=threading.Event)  # the client has closed a connection that was held

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/v1"


def event(what: Any) -> bytes:
    return f"data: {what if isinstance(what, str) else json.dumps(what, ensure_ascii=False)}\n\n".encode()


def delta(text: str, finish: str | None = None) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


def text(piece: str, finish: str | None = None, log_prob: float | None = None) -> bytes:
    log_probs = None if log_prob is None else {"tokens": [piece], "token_logprobs": [log_prob]}
    return event({"choices": [{"index": 0, "text": piece, "logprobs": log_probs, "finish_reason": finish}]})


DONE = event("[DONE]")


def speech(*words: str, make: Callable[[str], bytes] = delta) -> Reply:
    ending = event({"choices": [{"index": 0, "delta": {}, "text": "", "finish_reason": "stop"}]})
    return Reply((*map(make, words), ending, DONE))


def refusal(status: int, message: str = "", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"error": {"message": message}}).encode()
    return Reply((body,), status, "application/json", named)


@contextmanager
def serving(*replies: Reply, encrypted: bool = False) -> Iterator[ScriptedServer]:
    """`encrypted` with the certificate of loopback.pem, which only those trust who are configured to."""
    script = ScriptedServer(replies=list(replies), scheme="https" if encrypted else "http")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SECONDS

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.asked.append({"path": self.path, "headers": headers, "body": body, "from": self.client_address})
            reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
            script.began.set()
            try:
                self._answer(reply)
            except ConnectionError:
                self.close_connection = True
            if reply.holds:
                script.left.set()

        def _answer(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.kind, "Transfer-Encoding": "chunked", **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for part in reply.parts:
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            if reply.holds:
                self.rfile.read(1)  # until the client closes
            if reply.breaks_off or reply.holds:
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if encrypted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    script.port = listener.server_address[1]
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
