"""Servers that misbehave, as the first argument says: what a client must live with."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

MODE = sys.argv[1]
CAPABILITIES = {"inlineCompletionProvider": {}}


def read() -> dict[str, Any]:
    """Return the next message."""
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    if not length:
        sys.exit(0)
    message: dict[str, Any] = json.loads(sys.stdin.buffer.read(length))
    return message


def write(message: dict[str, Any]) -> None:
    """Send a message."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def runs() -> int:
    """Return how many times a server of this project was started before."""
    file = Path(os.environ["CODEGEEX_FAKE_STATE"])
    count = int(file.read_text()) if file.exists() else 0
    file.write_text(str(count + 1))
    return count


def stream_until_stopped(request: dict[str, Any]) -> None:
    """Answer a question with a text that grows until the client stops it."""
    params, text = request["params"], ""
    for stage in ("answering", "repairing"):
        progress(params["partialResultToken"], {"kind": "stage", "stage": stage})
        text = f"{stage} "
        progress(params["partialResultToken"], {"kind": "text", "text": text})
    while (message := read())["method"] != "window/workDoneProgress/cancel":
        pass
    assert message["params"]["token"] == params["workDoneToken"]
    write({"id": request["id"], "result": {"text": text, "stopped": True, "conversationId": params["conversationId"]}})


def progress(token: str, value: dict[str, Any]) -> None:
    """Report progress."""
    write({"method": "$/progress", "params": {"token": token, "value": value}})


def serve(*, version: str = "0.1.0", capabilities: dict[str, Any] | None = None) -> None:
    """Answer as a server does; completions are `pass`."""
    while True:
        message = read()
        match message.get("method"):
            case "initialize":
                shown = CAPABILITIES if capabilities is None else capabilities
                write({"id": message["id"], "result": {"capabilities": shown, "serverInfo": {"version": version}}})
                if MODE == "never-reads":
                    time.sleep(600)
                if MODE == "half-a-message":
                    sys.stdout.buffer.write(b'Content-Length: 5000\r\n\r\n{"jsonrpc"')
                    sys.stdout.buffer.flush()
                    sys.exit(0)
            case "textDocument/inlineCompletion" if MODE == "dies-when-asked":
                os._exit(1)
            case "textDocument/inlineCompletion" if MODE == "not-json":
                sys.stdout.buffer.write(b"Content-Length: 9\r\n\r\n{nonsense")
                sys.stdout.buffer.flush()
            case "textDocument/inlineCompletion" if MODE == "odd-answers":
                odd = [{"insertText": 7}, {"insertText": "pass", "range": "here"}, None, "x"]
                write({"id": "never-asked", "result": 1})
                write({"id": message["id"], "result": {"items": odd}})
            case "textDocument/inlineCompletion":
                write({"id": message["id"], "result": {"items": [{"insertText": "pass"}]}})
            case "codegeex/ask":
                stream_until_stopped(message)
            case "shutdown":
                write({"id": message["id"], "result": None})
            case "exit":
                sys.exit(0)
            case _ if "id" in message and "method" in message:
                write({"id": message["id"], "result": None})


match MODE:
    case "dies":
        runs()
        sys.exit(3)
    case "dies-once":
        if runs() == 0:
            sys.exit(3)
        serve()
    case "rubbish":
        runs()
        print("Traceback (most recent call last):\n" + "x" * 100_000, flush=True)
        time.sleep(600)
    case "too-old":
        serve(version="0.0.9")
    case "no-completions":
        serve(capabilities={})
    case "silent":
        time.sleep(600)
    case _:
        serve()
