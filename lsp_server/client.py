"""The client at the other end of the connection: what it can do, and all that the server sends it on its own."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from engine.prompt.system_prompts import HumanLanguage
from lsp_server.protocol import EditorProtocol
from lsp_server.status import DID_CHANGE_STATUS, Status

log = logging.getLogger(__name__)

LEVELS = {types.MessageType.Error: logging.ERROR, types.MessageType.Warning: logging.WARNING}
# LSP has no capability for it. These turn LF into the document's line ends when text is inserted, and take any other
# line end for something else: VS Code compares what it inserted with the suggestion, Neovim 0.12 writes `\r\r\n`.
# VS Code's forks are VS Code under other names.
MAKE_LINE_ENDS = (
    "visual studio code", "code - oss", "vscode", "vscodium", "cursor", "windsurf", "positron", "trae", "kiro",
    "neovim", "jetbrains", "intellij", "pycharm", "webstorm", "goland", "clion", "rider", "rubymine", "phpstorm",
    "rustrover", "datagrip", "dataspell", "android studio",
)  # fmt: skip


@dataclass(frozen=True)
class ClientCapabilities:
    """The client's capabilities, resolved from `initialize`."""

    answers_configuration: bool = False  # `workspace/configuration`
    registers_configuration: bool = False  # `workspace/didChangeConfiguration` for sections of our choice
    registers_watched_files: bool = False  # `workspace/didChangeWatchedFiles` for globs of our choice
    shows_progress: bool = False  # work done progress that the server begins
    shows_documents: bool = False  # `window/showDocument`
    takes_versioned_edits: bool = False  # `documentChanges` of a workspace edit
    takes_annotated_edits: bool = False  # and change annotations on them
    creates_files: bool = False  # as part of a workspace edit
    shows_disabled_actions: bool = False  # code actions that are greyed out, with a reason
    finds_definitions: bool = False  # `codegeex/definitions`, see docs/protocol.md
    makes_line_ends: bool = False  # turns LF in the text of a suggestion into the document's line ends

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> ClientCapabilities:
        """Resolve the nested and optional fields of LSP."""

        def has(path: str) -> bool:
            return bool(_field(capabilities, path))

        operations = _field(capabilities, "workspace.workspace_edit.resource_operations") or ()
        ours = capabilities.experimental.get("codegeex") if isinstance(capabilities.experimental, Mapping) else None
        is_versioned = has("workspace.workspace_edit.document_changes")
        return cls(
            answers_configuration=has("workspace.configuration"),
            registers_configuration=has("workspace.did_change_configuration.dynamic_registration"),
            registers_watched_files=has("workspace.did_change_watched_files.dynamic_registration"),
            shows_progress=has("window.work_done_progress"),
            shows_documents=has("window.show_document.support"),
            takes_versioned_edits=is_versioned,
            takes_annotated_edits=is_versioned and has("workspace.workspace_edit.change_annotation_support"),
            creates_files=is_versioned and types.ResourceOperationKind.Create in operations,
            shows_disabled_actions=has("text_document.code_action.disabled_support"),
            finds_definitions=isinstance(ours, Mapping) and ours.get("definitions") is True,
        )


def _field(capabilities: types.ClientCapabilities, path: str) -> Any:
    """Return the field at a dotted path; None if the client left out any part of the path."""
    value: Any = capabilities
    for name in path.split("."):
        value = getattr(value, name)
        if value is None:
            return None
    return value


class Client:
    """Used on the event loop. Before `initialize` the client can do nothing and nothing is traced."""

    def __init__(self, server: LanguageServer, protocol: EditorProtocol) -> None:
        self._server, self._protocol = server, protocol
        self._reported: set[str] = set()
        self.can = ClientCapabilities()
        self.language: HumanLanguage = "en"  # of its user interface
        self.status = Status()

    def initialize(self, params: types.InitializeParams) -> None:
        """Take over what `initialize` holds about the client."""
        name = params.client_info.name.lower() if params.client_info else ""
        makes_line_ends = name.startswith(MAKE_LINE_ENDS)
        self.can = replace(ClientCapabilities.of(params.capabilities), makes_line_ends=makes_line_ends)
        self.language = "zh" if (params.locale or "").lower().startswith("zh") else "en"
        self._protocol.trace = params.trace or types.TraceValue.Off  # pygls itself handles `$/setTrace` only

    # Logs, faults and traces

    def log(self, message: str) -> None:
        self._log(types.MessageType.Info, message)

    def warn(self, message: str) -> None:
        self._log(types.MessageType.Warning, message)

    def report_fault(self, message: str) -> None:
        """Log what is wrong and what to do, each message once, and show it in the status until an answer succeeds."""
        self.show_status(replace(self.status, busy=False, kind="Error", message=message))
        if message not in self._reported:
            self._reported.add(message)
            self._log(types.MessageType.Error, message)

    def forget_faults(self) -> None:
        """Report each fault once more, as after a change of settings."""
        self._reported.clear()

    @property
    def trace_level(self) -> types.TraceValue:
        return self._protocol.trace

    def trace(self, message: str, verbose: str | None = None) -> None:
        self.notify(types.LOG_TRACE, types.LogTraceParams(message=message, verbose=verbose))

    def show_status(self, status: Status) -> None:
        """Tell the client its status item's new content, if it is new."""
        if status != self.status:
            self.status = status
            self.notify(DID_CHANGE_STATUS, asdict(status))

    def clear_error(self) -> None:
        """Show no error any longer: an answer has succeeded."""
        if self.status.kind == "Error":
            self.show_status(replace(self.status, busy=False, kind="Normal", message=self.status.remote))

    # Progress

    def progress(self, token: types.ProgressToken, value: Any) -> None:
        """Send `value`, JSON or an lsprotocol object, as progress or as a partial result."""
        self.notify(types.PROGRESS, types.ProgressParams(token, self._protocol.to_json(value)))

    def begin_progress(self, title: str, percentage: int) -> types.ProgressToken:
        """Show progress that cannot be cancelled, without waiting for the client's consent. Return its token."""
        token = str(uuid.uuid4())
        self._server.work_done_progress.create(token)
        self.progress(token, types.WorkDoneProgressBegin(title=title, percentage=percentage, cancellable=False))
        return token

    async def begin_work(
        self, title: str, token: types.ProgressToken | None, on_cancel: Callable[[], None]
    ) -> types.ProgressToken | None:
        """Show work that can be cancelled, under the request's own token if it has one.

        Return the token; None if the client shows no progress.
        """
        if token is None and self.can.shows_progress:
            created = str(uuid.uuid4())
            with suppress(JsonRpcException):  # a client may refuse
                await self._server.work_done_progress.create_async(created)
                token = created
        if token is None:
            return None
        self.progress(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
        cancelled: Future[Any] = self._server.work_done_progress.tokens.setdefault(token, Future())
        cancelled.add_done_callback(lambda _: on_cancel())
        return token

    def end_progress(self, token: types.ProgressToken) -> None:
        self._server.work_done_progress.tokens.pop(token, None)
        self.progress(token, types.WorkDoneProgressEnd())

    # Requests

    async def configuration(self, items: Sequence[types.ConfigurationItem]) -> Sequence[Any] | None:
        """Return the client's settings, one for each item; None if it does not answer `workspace/configuration`."""
        if self.can.answers_configuration:
            with suppress(JsonRpcException):
                return await self._server.workspace_configuration_async(types.ConfigurationParams(items))
        return None

    async def register(self, registrations: Sequence[types.Registration]) -> bool:
        """Ask for notifications of the client. Return whether it agreed."""
        with suppress(JsonRpcException):
            await self._server.client_register_capability_async(types.RegistrationParams(registrations))
            return True
        return False

    async def apply_edit(self, edit: types.WorkspaceEdit, label: str) -> str | None:
        """Edit the user's documents. Return None if the client did so, else its reason, "" if it gave none."""
        try:
            result = await self._server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
        except JsonRpcException as fault:
            return fault.message
        return None if result.applied else result.failure_reason or ""

    async def show_document(self, uri: str) -> bool:
        """Open a document in the editor. Return whether that was done."""
        if not self.can.shows_documents:
            return False
        with suppress(JsonRpcException):
            params = types.ShowDocumentParams(uri, take_focus=True)
            return (await self._server.window_show_document_async(params)).success
        return False

    def show_message(self, kind: types.MessageType, text: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(kind, text))

    async def choose(self, question: str, choices: Sequence[str]) -> str:
        """Let the user choose. Return the choice, "" for none."""
        actions = [types.MessageActionItem(choice) for choice in choices]
        params = types.ShowMessageRequestParams(types.MessageType.Info, question, actions)
        with suppress(JsonRpcException):
            chosen = await self._server.window_show_message_request_async(params)
            return chosen.title if chosen else ""
        return ""

    def request(self, method: str, params: Any) -> asyncio.Future[Any]:
        """Send a request of a method that LSP lacks."""
        return asyncio.wrap_future(self._protocol.send_request(method, params))

    def notify(self, method: str, params: Any) -> None:
        """Send a notification; nothing if the client is not connected."""
        if self._protocol.writer is not None:
            self._protocol.notify(method, params)

    def _log(self, kind: types.MessageType, message: str) -> None:
        log.log(LEVELS.get(kind, logging.INFO), "%s", message)
        self.notify(types.WINDOW_LOG_MESSAGE, types.LogMessageParams(type=kind, message=message))
