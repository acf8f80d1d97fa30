"""Making what a client has chosen count: its settings, and the model they name."""

from __future__ import annotations

from typing import Any, Literal

from engine.types import EngineError
from lsp_server.server import CodegeexServer
from lsp_server.settings import read_settings
from lsp_server.status import Status


def take(server: CodegeexServer, raw: Any) -> None:
    """Makes raw options the session's settings, and says what is wrong with them."""
    server.session.settings, complaints = read_settings(raw)
    server.client.forget_faults()
    for complaint in complaints:
        server.client.warn(complaint)


async def prepare_model(server: CodegeexServer) -> None:
    """Loads the model while the person still reads their code, not when they first wait."""
    session = server.session
    if not session.settings.enable:
        server.client.show_status(Status(kind="Inactive"))
        return
    server.client.show_status(Status(busy=True))
    try:
        name, notice = await session.worker.prepare(session.settings)
        if notice:
            server.client.warn(notice)
        if name:
            goes_to = session.settings.goes_to
            kind: Literal["Warning", "Normal"] = "Warning" if notice else "Normal"
            answers = session.worker.description("chat")
            chat = answers.name if answers and "chat" in answers.capabilities else ""
            server.client.show_status(
                Status(kind=kind, message=notice or goes_to, model=name, chat=chat, remote=goes_to)
            )
            server.client.log(f"model ready: {name}" + (f" ({goes_to})" if goes_to else ""))
    except EngineError as fault:
        server.client.report_fault(str(fault))
