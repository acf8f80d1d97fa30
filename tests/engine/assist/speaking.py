"""A chat model that says what a test tells it to, answer by answer; and requests in few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.assist.assist import respond
from engine.assist.gather import gather
from engine.assist.tasks import Answer, AnswerListener, AssistRequest, AssistSettings, AssistTask
from engine.document import Document
from engine.generated import Generated
from engine.model.protocol import Question
from engine.types import CancellationToken
from tests.engine.checkpoints import converted
from tests.scripted import ScriptedModel

CODEGEEX4 = converted("codegeex4-all-9b")


class ChatModel(ScriptedModel):
    """Says `answers` one after the other, the last one again and again."""

    def __init__(self, *answers: str, description: Any = CODEGEEX4) -> None:
        super().__init__(answers[0] if answers else "", description=description)
        self.answers = list(answers)
        self.priorities: list[Any] = []

    def generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        self.text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.priorities.append(question.priority)
        return super().generate(question, cancellation)


def document(text: str, path: str = "main.py", language: str = "python") -> Document:
    return Document(path, language, text)


def asked(task: AssistTask, text: str = "", language: str = "python", **more: Any) -> AssistRequest:
    path = "Main.java" if language == "java" else "main.py"
    return AssistRequest(task, document=document(text, path, language) if text else None, **more)


def answered(
    request: AssistRequest,
    model: ScriptedModel,
    on_text: Callable[[str], None] = lambda _: None,
    stages: list[str] | None = None,
    settings: AssistSettings = AssistSettings(),  # noqa: B008 - frozen
) -> Answer:
    watcher = AnswerListener(on_text, (stages if stages is not None else []).append)
    return respond(request, gather(request, {}), model, settings, CancellationToken(), watcher)
