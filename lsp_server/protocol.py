"""JSON-RPC with the edge cases that the specification defines, that editors rely on, and that pygls leaves open.

A request that cannot be read gets an error response (pygls would let the editor wait), a request before `initialize` or
after `shutdown` gets the code for that, and no response carries a traceback.
"""

from __future__ import annotations

import inspect
import json
import logging
import re
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import _prepare_command_arguments, lsp_method
from pygls.workspace import Workspace

from lsp_server.workspace.documents import EditorWorkspace

log = logging.getLogger(__name__)

# Of the command that is being executed: pygls passes only its arguments on.
work_done_token: ContextVar[types.ProgressToken | None] = ContextVar("work_done_token", default=None)

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\]:]|[\w.+-]+')  # of JSON, but for commas
MAX_ID_DIGITS = 20
BEFORE_INITIALIZE = {types.INITIALIZE, types.EXIT}


def is_refusal(error: object) -> bool:
    """True if a request was answered with a reason why not: that concerns whoever sent it, nothing is wrong here."""
    return isinstance(error, JsonRpcException) and not isinstance(error, JsonRpcInternalError)


class EditorProtocol(LanguageServerProtocol):
    """pygls calls `structure_message` and `handle_message`. A message they refuse does not reach a handler."""

    last_body = b""  # of the message that was read last: one that cannot be decoded still has an id

    def structure_message(self, data: dict[str, Any]) -> Any:
        method = data.get("method")
        if isinstance(method, str) and "params" not in data and self.get_message_type(method) is None:
            data = {**data, "params": {}}  # JSON-RPC lets a request leave them out
        try:
            return super().structure_message(data)
        except JsonRpcException as fault:
            log.warning("%s: the parameters do not fit the method: %s", data.get("method"), fault)
            return _Refused(data["id"] if "method" in data else None, "id" in data, str(data.get("method")))

    def handle_message(self, message: Any) -> None:
        if isinstance(message, _Refused):
            if message.is_request:
                what = f"{message.method}: the parameters do not fit"
                self._refuse(message.request_id, types.ErrorCodes.InvalidParams, what)
            return
        if not hasattr(message, "jsonrpc"):
            what = 'a JSON-RPC message must be an object with "jsonrpc": "2.0"'
            self._refuse(None, types.ErrorCodes.InvalidRequest, what)
            return
        method = getattr(message, "method", None)
        request_id = getattr(message, "id", None)
        if message.jsonrpc != self.VERSION or not isinstance(request_id, str | int | float | None):
            known_id = request_id if isinstance(request_id, str | int | float) else None
            if request_id is not None and method is not None:
                what = 'a JSON-RPC message has "jsonrpc": "2.0", and a text or a number as its id'
                self._refuse(known_id, types.ErrorCodes.InvalidRequest, what)
            return
        if method is not None and self._workspace is None and method not in BEFORE_INITIALIZE:
            if request_id is not None:
                self._refuse(request_id, types.ErrorCodes.ServerNotInitialized, f"{method} came before initialize")
            return
        if method == types.INITIALIZE and self._workspace is not None:
            self._refuse(request_id, types.ErrorCodes.InvalidRequest, "initialize may come only once")
            return
        if self._shutdown and method is not None and request_id is not None:
            self._refuse(request_id, types.ErrorCodes.InvalidRequest, f"{method} came after shutdown")
            return
        super().handle_message(message)

    def _execute_handler(self, msg_id: Any, *args: Any, **kwargs: Any) -> None:
        """Let go of the handler's future once it is done. pygls keeps those of notifications for ever: 1 kB a key."""
        super()._execute_handler(msg_id, *args, **kwargs)
        if future := self._request_futures.get(msg_id):
            future.add_done_callback(partial(self._forget, msg_id))

    def _forget(self, msg_id: Any, future: Any) -> None:
        if not future.cancelled():  # else by pygls, which forgets it itself, and may be iterating over them
            self._request_futures.pop(msg_id, None)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override] # pygls takes coroutines as well
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Execute a command as a coroutine, which a cancelled request ends, and keep the token of its progress."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"there is no command {params.command!r}")
        try:
            arguments, named = _prepare_command_arguments(handler, params, self._converter)
        except Exception as fault:  # whatever a converter raises, the client's arguments are wrong
            raise JsonRpcInvalidParams(f"{params.command}: the arguments do not fit: {fault}") from fault
        work_done_token.set(params.work_done_token)
        result = handler(*arguments, **named)
        return await result if inspect.isawaitable(result) else result

    def refuse_unreadable(self, fault: Exception) -> None:
        """Answer the last message, which is not JSON, or JSON that cannot be read: nested too deeply, huge numbers."""
        if isinstance(fault, json.JSONDecodeError | UnicodeDecodeError):
            self._refuse(None, types.ErrorCodes.ParseError, f"the message is not JSON: {fault}")
        else:
            what = "the message is nested too deeply, or holds a number of too many digits"
            self._refuse(_request_id(self.last_body), types.ErrorCodes.InvalidRequest, what)

    def to_json(self, value: Any) -> Any:
        """Return `value`, an lsprotocol object or a list of some, as JSON. pygls needs that where LSP allows any."""
        return self._converter.unstructure(value)

    @property
    def was_shut_down(self) -> bool:
        """True after `shutdown`: the exit code depends on it."""
        return self._shutdown

    @property
    def workspace(self) -> EditorWorkspace:
        """The open text. There is none before `initialize`."""
        return cast("EditorWorkspace", super().workspace)

    def adopt_workspace(self) -> None:
        """Replace pygls' workspace by one whose documents split lines as editors do. Called from `initialize`."""
        old: Workspace = super().workspace
        encoding = old.position_encoding or types.PositionEncodingKind.Utf16
        new = EditorWorkspace(old.root_uri, old._sync_kind, list(old.folders.values()), encoding)  # noqa: SLF001
        self._workspace = new

    def _send_response(self, msg_id: Any, result: Any | None = None, error: types.ResponseError | None = None) -> None:
        if error is not None and error.data is not None:
            log.debug("request %s failed: %s", msg_id, error.data)
            error = types.ResponseError(error.code, error.message)
        super()._send_response(msg_id, result, error)

    def _refuse(self, request_id: Any, code: types.ErrorCodes, message: str) -> None:
        log.warning("refused: %s", message)
        self._send_response(request_id, error=types.ResponseError(code, message))


class _Refused(NamedTuple):
    """Stands for a message whose parameters do not fit its method."""

    request_id: Any
    is_request: bool
    method: str


def _request_id(body: bytes) -> str | int | None:
    """Return the id of a message that cannot be decoded as a whole; None if it has none."""
    depth, key = 0, ""
    for token in TOKEN.finditer(body.decode("utf-8", "replace")):
        text = token[0]
        if depth == 1 and key == '"id"' and text != ":":
            is_number = text.isdigit() and len(text) < MAX_ID_DIGITS
            return json.loads(text) if text[0] == '"' or is_number else None
        depth += (text in "{[") - (text in "}]")
        if text != ":":
            key = text
    return None
