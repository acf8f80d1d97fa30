"""The content of a client's status item: `codegeex/didChangeStatus`, sent when it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

DID_CHANGE_STATUS = "codegeex/didChangeStatus"


@dataclass(frozen=True)
class Status:
    busy: bool = False  # nothing can be answered yet
    kind: Literal["Normal", "Error", "Warning", "Inactive"] = "Normal"
    message: str = ""
    model: str = ""  # the one that completes
    chat: str = ""  # the one that answers questions, "" if none does
    remote: str = ""  # what is sent where, "" if nothing leaves the machine
    servers: dict[str, str] = field(default_factory=dict)  # the hosts of `remote`, by purpose
