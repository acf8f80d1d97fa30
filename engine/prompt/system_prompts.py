"""The system prompts for each task, in CodeGeeX4's words: codegeex4_prompts.toml, next to this file."""

from __future__ import annotations

from enum import Enum
from functools import cache
from pathlib import Path
from typing import Literal

from engine import toml

HumanLanguage = Literal["en", "zh"]

# The guides end a prompt with both phrases, in one or the other bracket, to choose from.
ANSWER_IN: dict[HumanLanguage, str] = {"zh": "请用中文回答。", "en": "Please answer in English."}
CHOICES = tuple(f"（{ANSWER_IN['zh']}/{ANSWER_IN['en']}{bracket}" for bracket in "）)")


class Task(Enum):
    """What CodeGeeX4 was trained to do in a conversation. A question about whole files is CHAT."""

    CHAT = "chat"
    COMMENTS = "comments"
    EXPLANATION = "explanation"
    TRANSLATION = "translation"
    REVIEW = "review"
    FIXING = "fixing"
    TESTS = "tests"
    QUESTIONS = "questions"  # that the user may ask next
    REPOSITORY = "repository"  # adds, deletes, changes files of a project


def system_prompt(
    task: Task, words: HumanLanguage = "en", answer_in: HumanLanguage | None = None, target: str = ""
) -> str:
    """Return the system prompt for a task.

    `words` is the prompt's own language, `answer_in` that of the answer, by default the same. `target` is the
    programming language to translate to.
    """
    text = _prompts()[task.value][words].replace("{target}", target)
    for choice in CHOICES:
        text = text.replace(choice, ANSWER_IN[answer_in or words])
    return text


@cache
def _prompts() -> dict[str, dict[str, str]]:
    file = Path(__file__).with_name("codegeex4_prompts.toml")
    table: dict[str, dict[str, str]] = toml.loads(file.read_text(encoding="utf-8"))
    return table
