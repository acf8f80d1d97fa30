"""Which tasks a model cannot do."""

from __future__ import annotations

from engine.assist.tasks import AssistRequest, AssistTask
from engine.assist.wording import sentence
from engine.model.folder import ModelDescription

CHAT_MODELS = "CodeGeeX4, Qwen2.5-Coder-Instruct, DeepSeek-Coder-Instruct"
TRANSLATION_MODELS = f"CodeGeeX4, CodeGeeX2, CodeGeeX-13B, {CHAT_MODELS.partition(', ')[2]}"


def refusal(request: AssistRequest, description: ModelDescription) -> str:
    """Return why a model cannot do a task, and which could; "" if it can. ASK is never refused (`places_answer`)."""
    can = description.capabilities
    if request.task is AssistTask.ASK or "chat" in can:
        return ""
    translates = request.task is AssistTask.TRANSLATE
    if translates and "translate" in can:
        return ""
    return sentence(
        "cannot_do",
        request.words,
        name=description.name,
        can=", ".join(sorted(can)) or "-",
        needed="translate" if translates else "chat",
        models=TRANSLATION_MODELS if translates else CHAT_MODELS,
    )
