"""What a client's status item shows: `codegeex/didChangeStatus`, sent when it changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lsp_server.server import CodegeexServer

DID_CHANGE_STATUS = "codegeex/didChangeStatus"


@dataclass(frozen=True)
class Status:
    """`busy` while nothing can be answered yet. `model` is the one that completes, `chat` the one that answers
    questions, "" where none does. `remote` says what is sent where, "" where nothing leaves the machine.
    """

    busy: bool = False
    kind: Literal["Normal", "Error", "Warning", "Inactive"] = "Normal"
    message: str = ""
    model: str = ""
    chat: str = ""
    remote: str = ""


def change(server: CodegeexServer, status: Status) -> None:
    if status != server.status:
        server.status = status
        if server.protocol.writer is not None:
            server.protocol.notify(DID_CHANGE_STATUS, asdict(status))


def failed(server: CodegeexServer, message: str) -> None:
    change(server, replace(server.status, busy=False, kind="Error", message=message))


def answered(server: CodegeexServer) -> None:
    """A completion came about: what was wrong before no longer is."""
    if server.status.kind == "Error":
        change(server, replace(server.status, busy=False, kind="Normal", message=server.status.remote))
