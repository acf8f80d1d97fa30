"""Making what a client has chosen count: its settings, and the model they name."""

from __future__ import annotations

from typing import Any, Literal

from engine.types import EngineError
from lsp_server import reporting, status
from lsp_server.server import CodegeexServer
from lsp_server.settings import read_settings
from lsp_server.status import Status


def take(server: CodegeexServer, raw: Any) -> None:
    """Makes raw options the session's settings, and says what is wrong with them."""
    server.session.settings, complaints = read_settings(raw)
    server.session.faults_said.clear()  # a new configuration deserves to hear of its faults
    for complaint in complaints:
        reporting.warning(server, complaint)


async def prepare_model(server: CodegeexServer) -> None:
    """Loads the model while the person still reads their code, not when they first wait."""
    session = server.session
    if not session.settings.enable:
        status.change(server, Status(kind="Inactive"))
        return
    status.change(server, Status(busy=True))
    try:
        name, notice = await session.worker.prepare(session.settings)
        if notice:
            reporting.warning(server, notice)
        if name:
            goes_to = session.settings.goes_to
            kind: Literal["Warning", "Normal"] = "Warning" if notice else "Normal"
            answers = session.worker.description("chat")
            chat = answers.name if answers and "chat" in answers.capabilities else ""
            status.change(server, Status(kind=kind, message=notice or goes_to, model=name, chat=chat, remote=goes_to))
            reporting.info(server, f"model ready: {name}" + (f" ({goes_to})" if goes_to else ""))
    except EngineError as fault:
        reporting.fault(server, str(fault))
