"""Which tasks a model cannot do."""

from __future__ import annotations

from engine.assist.tasks import AssistRequest, AssistTask
from engine.assist.wording import say
from engine.model.folder import ModelDescription

CHAT_MODELS = "CodeGeeX4, Qwen2.5-Coder-Instruct, DeepSeek-Coder-Instruct"
TRANSLATION_MODELS = f"CodeGeeX4, CodeGeeX2, CodeGeeX-13B, {CHAT_MODELS.partition(', ')[2]}"


def refusal(request: AssistRequest, description: ModelDescription) -> str:
    """Why a model cannot do what is asked, and which could; "" where it can. ASK is never refused (`places_answer`)."""
    can = description.capabilities
    if request.task is AssistTask.ASK or "chat" in can:
        return ""
    translates = request.task is AssistTask.TRANSLATE
    if translates and "translate" in can:
        return ""
    return say(
        "cannot_do",
        request.words,
        name=description.name,
        can=", ".join(sorted(can)) or "-",
        needed="translate" if translates else "chat",
        models=TRANSLATION_MODELS if translates else CHAT_MODELS,
    )
