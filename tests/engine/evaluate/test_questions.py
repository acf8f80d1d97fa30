from __future__ import annotations

from dataclasses import replace

import pytest

from engine.evaluate.humaneval_x.problems import Task
from engine.evaluate.humaneval_x.questions import Question, Style, choose_style, make_question
from engine.model.folder import ModelDescription
from engine.types import ModelError
from tests.engine.evaluate.small_problems import CPP, JS, PYTHON
from tests.scripted import DESCRIPTION, WordTokenizer

BASE = replace(
    DESCRIPTION, template="prefix", capabilities=frozenset({"complete", "translate"}), translation="code-translation"
)
CHAT = replace(
    DESCRIPTION, capabilities=frozenset({"complete", "infill", "chat"}), chat_template="glm", translation="codegeex4"
)


def asked(description: ModelDescription, task: Task = Task.GENERATE, style: Style = Style.AUTO) -> tuple[str, Question]:
    tokenizer = WordTokenizer()
    source = JS if task is Task.TRANSLATE else None
    question = make_question(description, tokenizer, task, choose_style(description, task, style), PYTHON, source)
    return tokenizer.decode(question.tokens), question


def test_a_base_model_goes_on_below_the_language_tag() -> None:
    text, question = asked(BASE)
    assert text == "# language: Python\n" + PYTHON.prompt.rstrip()
    assert question.stop("\n    return 1\nx")
    assert not question.stop("\n    return 1\n")
    assert question.read("\n    return 1\nx").code == "    return 1\n"


def test_a_model_that_infills_gets_the_editors_prompt() -> None:
    text, _ = asked(DESCRIPTION)
    assert "###PATH:solution.py\n###LANGUAGE:Python\n###MODE:BLOCK\n" in text
    assert text.endswith(PYTHON.prompt + "<|code_middle|><|assistant|>\n")


def test_a_chat_model_gets_a_question() -> None:
    text, question = asked(CHAT)
    assert "Complete this Python function." in text
    assert f"```python\n{PYTHON.prompt.strip()}\n```" in text
    assert question.stop("```python\ndef double(n):\n    return 1\n```\n")
    assert question.read("```python\ndef double(k):\n    return k\n```").before == "def double(k):\n"


def test_a_chat_model_can_be_made_to_go_on() -> None:
    assert asked(CHAT, style=Style.CONTINUE)[0].endswith(PYTHON.prompt + "<|code_middle|><|assistant|>\n")


def test_a_translation_as_codegeex_was_trained() -> None:
    text, question = asked(BASE, Task.TRANSLATE)
    assert text.startswith("code translation\nJavaScript:\n\nconst twice = (n) => {\n")
    assert text.endswith("\n}\nPython:\ndef double(n: int) -> int:\n")
    assert question.read("    return 1\nx").before == PYTHON.declaration


def test_a_translation_by_a_chat_model() -> None:
    text, question = asked(CHAT, Task.TRANSLATE)
    assert "translate the above code snippet into Python" in text
    assert question.read("def double(k):\n    return k\n").code == "    return k\n"


@pytest.mark.parametrize(
    ("task", "style", "can"),
    [(Task.TRANSLATE, Style.AUTO, "cannot translate"), (Task.GENERATE, Style.CHAT, "cannot chat")],
)
def test_what_a_model_cannot_do_is_named(task: Task, style: Style, can: str) -> None:
    with pytest.raises(ModelError, match=rf"scripted {can} \(it can: complete, infill\)"):
        choose_style(DESCRIPTION, task, style)


def test_there_is_no_question_without_room_for_an_answer() -> None:
    for description, task in ((BASE, Task.GENERATE), (CHAT, Task.GENERATE), (BASE, Task.TRANSLATE)):
        small = replace(description, context_length=90)
        style = choose_style(small, task, Style.AUTO)
        long = replace(CPP, prompt=CPP.prompt * 5, declaration=CPP.declaration * 8)
        assert make_question(small, WordTokenizer(), task, style, long, JS if task is Task.TRANSLATE else None) is None
