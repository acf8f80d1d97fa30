"""`codegeex/ask`: a question of a conversation, for chat panels; `codegeex/forgetConversation` ends one."""

from __future__ import annotations

from typing import Any

from engine.assist.tasks import AssistTask
from lsp_server.features.assist.answering import answer, as_json
from lsp_server.features.assist.arguments import read
from lsp_server.server import CodegeexServer

ASK = "codegeex/ask"
FORGET = "codegeex/forgetConversation"


def register(server: CodegeexServer) -> None:
    @server.feature(ASK)
    async def ask(params: Any) -> dict[str, Any]:
        return await ask_question(server, params)

    @server.feature(FORGET)
    def forget(params: Any) -> None:
        if isinstance(params, dict):
            server.session.answers.forget(str(params.get("conversationId", "")))


async def ask_question(server: CodegeexServer, raw: Any) -> dict[str, Any]:
    asked = read(server, AssistTask.ASK, raw)
    what, stopped = await answer(server, asked)
    if what.converses and what.text:  # a list of places is no turn of a conversation
        server.session.answers.remember(asked.conversation, asked.request.question, what.text)
    return {"conversationId": asked.conversation, **as_json(server, what, stopped=stopped)}
