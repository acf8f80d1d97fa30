"""Our daemon at the wire: what a key costs between the first byte that is sent and the last one of the answer.

An editor of Python would add its own share of JSON-RPC to each key, which is neither ours nor any real editor's.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peer.sides import position
from lsp_server.scripted_editor import SERVER_COMMAND


class Wire:
    """An LSP client that does nothing unasked. Use as a context manager; one document at a time."""

    def __init__(self, root: Path, options: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            SERVER_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._number, self._version, self._uri = 0, 0, ""
        self.traces: list[str] = []  # since the last request was sent
        self.faults: list[str] = []
        self._is_ready = False
        folder = {"uri": root.as_uri(), "name": root.name}
        start = {"processId": os.getpid(), "rootUri": root.as_uri(), "workspaceFolders": [folder], "capabilities": {}}
        self._ask("initialize", start | {"initializationOptions": options})
        self._send(_message("initialized", {}) + _message("$/setTrace", {"value": "messages"}))

    def __enter__(self) -> Wire:  # noqa: PYI034 - typing.Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self._ask("shutdown", None)
        self._send(_message("exit", None))
        self._process.wait()

    def wait_for_model(self) -> None:
        """Waits until the model answers, or the daemon says why it cannot."""
        while not self._is_ready:
            self._take()

    def open(self, file: Path, language: str, text: str) -> None:
        self._uri = file.as_uri()
        item = {"uri": self._uri, "languageId": language, "version": self._version, "text": text}
        self._send(_message("textDocument/didOpen", {"textDocument": item}))

    def type(self, text: str, cursor: int, sign: str) -> tuple[Any, float]:
        """Types `sign` at `cursor` of `text`, and asks behind it: the answer, and the milliseconds it took to come."""
        self._version += 1
        here, there = _place(text, cursor), _place(text[:cursor] + sign, cursor + len(sign))
        document = {"uri": self._uri, "version": self._version}
        change = {"textDocument": document, "contentChanges": [{"range": {"start": here, "end": here}, "text": sign}]}
        question = {"textDocument": {"uri": self._uri}, "position": there, "context": {"triggerKind": 2}}
        return self._ask("textDocument/inlineCompletion", question, _message("textDocument/didChange", change))

    def _ask(self, method: str, params: Any, before: bytes = b"") -> tuple[Any, float]:
        self._number += 1
        raw = before + _message(method, params, self._number)
        self.traces.clear()
        began = time.perf_counter()
        self._send(raw)
        while True:
            message, came = self._take()
            if message.get("id") == self._number and "method" not in message:
                return message.get("result"), (came - began) * 1000

    def _take(self) -> tuple[dict[str, Any], float]:
        """The next message, and when its last byte was there."""
        out, length = self._process.stdout, 0
        assert out is not None
        while line := out.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        raw, came = out.read(length), time.perf_counter()
        if not raw:
            raise SystemExit("the daemon has ended")
        message: dict[str, Any] = json.loads(raw)
        take: Callable[[Any], None] | None = {"$/logTrace": self._trace, "window/logMessage": self._log}.get(
            message.get("method", "")
        )
        if take:
            take(message["params"])
        return message, came

    def _trace(self, params: Any) -> None:
        self.traces.append(params["message"])

    def _log(self, params: Any) -> None:
        is_fault = params["type"] == 1
        if is_fault:
            self.faults.append(params["message"])
        self._is_ready = self._is_ready or is_fault or params["message"].startswith("model ready")

    def _send(self, raw: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(raw)
        self._process.stdin.flush()


def _message(method: str, params: Any, number: int | None = None) -> bytes:
    body = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": number} if number else {})
    raw = json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(raw), raw)


def _place(text: str, offset: int) -> dict[str, int]:
    where = position(text, offset)
    return {"line": where.line, "character": where.character}
