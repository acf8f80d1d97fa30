"""`codegeex/ask`, a question of a conversation, and `codegeex/forgetConversation`, for chat panels."""

from __future__ import annotations

from typing import Any

from engine.assist.tasks import AssistTask
from engine.assist.thoughts import without_thoughts
from lsp_server.features.assist.answering import answer_call, answer_to_json
from lsp_server.features.assist.arguments import read_call
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
            server.session.conversations.forget(str(params.get("conversationId", "")))


async def ask_question(server: CodegeexServer, raw: Any) -> dict[str, Any]:
    """Return the answer as JSON, and remember both in the conversation."""
    call = read_call(server, AssistTask.ASK, raw)
    answer, stopped = await answer_call(server, call)
    if answer.converses and answer.text:  # a list of places is not a turn of a conversation
        server.session.conversations.remember(call.conversation, call.request.question, without_thoughts(answer.text))
    return {"conversationId": call.conversation, **answer_to_json(server, answer, stopped=stopped)}
