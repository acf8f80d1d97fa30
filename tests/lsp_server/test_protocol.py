"""Messages of a broken or hostile client: each gets its answer, and the server lives on."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from lsprotocol import types
from pygls.io_ import run_async

from lsp_server.app import create_server
from lsp_server.transport import InTurn, serve
from tests.lsp_server.editor import window
from tests.scripted import ScriptedModel

INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
OPEN = {
    "jsonrpc": "2.0", "method": "textDocument/didOpen",
    "params": {"textDocument": {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": "x = "}},
}  # fmt: skip


class Wire:
    """Bytes in, JSON out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send_bytes(self, body: bytes) -> None:
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send(self, message: Any) -> None:
        self.send_bytes(json.dumps(message).encode())

    async def answer(self, request_id: Any = ...) -> dict[str, Any]:
        """The next response, or the one to `request_id`; notifications are passed over."""
        while True:
            head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 10)
            length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
            message = json.loads(await self._reader.readexactly(length))
            if "method" not in message and request_id in (..., message.get("id")):
                return message

    async def lives(self) -> bool:
        """Return whether the server still completes."""
        for message in (INITIALIZE, OPEN):
            self.send(message)
        self.send(completion(99))
        return (await self.answer(99))["result"]["items"][0]["insertText"] == "value"


def completion(request_id: int, **position: Any) -> dict[str, Any]:
    place = {"line": 0, "character": 4} | position
    params = {"textDocument": {"uri": "file:///a.py"}, "position": place, "context": {"triggerKind": 2}}
    return {"jsonrpc": "2.0", "id": request_id, "method": "textDocument/inlineCompletion", "params": params}


@asynccontextmanager
async def wire() -> AsyncIterator[Wire]:
    server = create_server(lambda *_: ScriptedModel("value"))
    done = asyncio.Event()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(server, reader, writer)
        done.set()

    listener = await asyncio.start_server(connect, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname()[:2])
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        await asyncio.wait_for(done.wait(), 10)
        listener.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"this is not JSON", types.ErrorCodes.ParseError),
        (b'{"jsonrpc": "2.0", "id": 5, "method"', types.ErrorCodes.ParseError),
        (b"\xff\xfe\x00", types.ErrorCodes.ParseError),
        (b"[]", types.ErrorCodes.InvalidRequest),
        (b"42", types.ErrorCodes.InvalidRequest),
        (b'{"id": 5, "method": "initialize"}', types.ErrorCodes.InvalidRequest),
    ],
    ids=["no JSON", "half a message", "no UTF-8", "a list", "a number", "no version"],
)
async def test_what_is_no_message_gets_an_error_response(body: bytes, code: types.ErrorCodes) -> None:
    async with wire() as client:
        client.send_bytes(body)
        assert (await client.answer())["error"]["code"] == code
        assert await client.lives()


@pytest.mark.parametrize(
    "params",
    [b'{"a": %s}' % (b"[" * 2_000 + b"]" * 2_000), b'{"a": {"id": 7}, "b": %s}' % (b"9" * 5_000)],
    ids=["nested deeply", "a huge number"],
)
async def test_a_request_that_cannot_be_decoded_is_answered_with_its_id(params: bytes) -> None:
    async with wire() as client:
        client.send_bytes(b'{"jsonrpc": "2.0", "method": "codegeex/statistics", "params": %s, "id": "A"}' % params)
        assert (await client.answer("A"))["error"]["code"] == types.ErrorCodes.InvalidRequest
        assert await client.lives()


async def test_a_batch_is_refused_once() -> None:
    async with wire() as client:
        client.send([{"jsonrpc": "2.0", "id": each, "method": "codegeex/statistics"} for each in "AB"])
        assert (await client.answer())["error"]["code"] == types.ErrorCodes.InvalidRequest
        client.send(INITIALIZE)
        assert (await client.answer())["id"] == INITIALIZE["id"]


@pytest.mark.parametrize(("version", "request_id", "answered"), [("1.0", 5, 5), ("2.0", [1], None), ("2.0", {}, None)])
async def test_another_version_or_an_odd_id_is_refused_once(version: str, request_id: object, answered: object) -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        await client.answer(INITIALIZE["id"])
        client.send({"jsonrpc": version, "id": request_id, "method": "codegeex/statistics"})
        answer = await client.answer(answered)
        assert (answer.get("id"), answer["error"]["code"]) == (answered, types.ErrorCodes.InvalidRequest)
        assert await client.lives()


async def test_a_request_of_ours_may_leave_out_its_parameters() -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        client.send({"jsonrpc": "2.0", "id": 5, "method": "codegeex/statistics"})
        assert "offered" in (await client.answer(5))["result"]


async def test_a_request_before_initialize_is_refused() -> None:
    async with wire() as client:
        client.send(completion(7))
        assert (await client.answer(7))["error"]["code"] == types.ErrorCodes.ServerNotInitialized
        client.send(OPEN)  # a notification is dropped
        assert await client.lives()


async def test_a_second_initialize_is_refused() -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        await client.answer(1)
        client.send(INITIALIZE | {"id": 2})
        assert (await client.answer(2))["error"]["code"] == types.ErrorCodes.InvalidRequest


async def test_a_request_after_shutdown_is_refused() -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        client.send({"jsonrpc": "2.0", "id": 2, "method": "shutdown"})
        assert (await client.answer(2))["result"] is None
        client.send(completion(3))
        assert (await client.answer(3))["error"]["code"] == types.ErrorCodes.InvalidRequest


async def test_parameters_that_do_not_fit_get_an_error_response() -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        client.send(
            {"jsonrpc": "2.0", "id": 2, "method": "textDocument/inlineCompletion", "params": {"position": "top"}}
        )
        error = (await client.answer(2))["error"]
        assert error["code"] == types.ErrorCodes.InvalidParams
        assert "textDocument/inlineCompletion" in error["message"]


async def test_an_unknown_method_is_refused_and_an_unknown_notification_dropped() -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        client.send({"jsonrpc": "2.0", "method": "nobody/knows", "params": {}})
        client.send({"jsonrpc": "2.0", "id": 2, "method": "nobody/asks", "params": {}})
        assert (await client.answer(2))["error"]["code"] == types.ErrorCodes.MethodNotFound


async def test_a_change_of_a_document_that_is_not_open_is_survived() -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        identifier = {"uri": "file:///never.py", "version": 2}
        params = {"textDocument": identifier, "contentChanges": [{"text": "x"}]}
        client.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params})
        client.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 12345}})
        client.send(OPEN)
        client.send(completion(3))
        assert (await client.answer(3))["result"]["items"][0]["insertText"] == "value"


async def test_a_negative_position_is_refused() -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        client.send(OPEN)
        client.send(completion(3, line=-4, character=-4))
        assert (await client.answer(3))["error"]["code"] == types.ErrorCodes.InvalidParams


async def test_no_response_carries_a_traceback() -> None:
    async with wire() as client:
        client.send(INITIALIZE)
        client.send({"jsonrpc": "2.0", "id": 2, "method": "workspace/executeCommand", "params": {"command": "no.such"}})
        answer = await client.answer(2)
        assert "data" not in answer["error"]
        assert "Traceback" not in json.dumps(answer)


async def test_nothing_is_kept_of_a_notification_that_was_handled() -> None:
    async with window(ScriptedModel("value")) as editor:
        at = editor.open("x = <cursor>\n")
        for _ in range(3):
            editor.change((0, 0), (0, 0), "")
        assert await editor.suggestion(at) == "value"
        assert not editor.server.protocol._request_futures


async def test_the_trace_that_initialize_asks_for_is_on() -> None:
    async with window(ScriptedModel("value"), trace=types.TraceValue.Messages) as editor:
        await editor.suggestion(editor.open("x = <cursor>\n"))
        assert "from the model" in editor.traces[-1].message


async def test_of_messages_that_come_at_once_each_sees_the_document_as_it_was() -> None:
    seen: list[str] = []

    class Server:
        text = ""

        def structure_message(self, message: Any) -> Any:
            return message

        def handle_message(self, message: Any) -> None:
            async def answer() -> None:
                seen.append(self.text)

            self.text = message["text"]
            self.answering = asyncio.ensure_future(answer())

    reader = asyncio.StreamReader()
    for text in ("one", "two"):
        body = json.dumps({"text": text}).encode()
        reader.feed_data(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    reader.feed_eof()
    server = Server()
    await run_async(threading.Event(), InTurn(reader, server), server)
    await server.answering
    assert seen == ["one", "two"]
