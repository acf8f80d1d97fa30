"""Mentions in a question, and the language it is asked in."""

from __future__ import annotations

import pytest

from engine.assist.mentions import Mentions, mentions_in, without_mentions
from engine.assist.wording import language_of_question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does #file:src/app.py do?", Mentions(files=("src/app.py",))),
        ('Compare #file:"my notes.py", and #file:b.go.', Mentions(files=("my notes.py", "b.go"))),
        ("解释 #symbol:parse_header。", Mentions(symbols=("parse_header",))),
        ("@workspace where? #selection", Mentions(selection=True, workspace=True)),
        ("mail me@workspace.org about issue #file or C#selection", Mentions()),
    ],
)
def test_mentions(question: str, expected: Mentions) -> None:
    assert mentions_in(question) == expected


def test_what_is_searched_for_has_names_without_marks() -> None:
    assert without_mentions("why #symbol:Foo.bar @workspace?").split() == ["why", "Foo.bar", "?"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What does this function return?", "en"),
        ("这个函数返回什么？", "zh"),
        ("请解释 parse_header function", "zh"),
        ("What does 你好 mean in this string?", "en"),
        ("为什么会报错？\n```python\nraise ValueError('this is a long english sentence in code')\n```", "zh"),
        ("", "en"),
        ("123", "en"),
    ],
)
def test_the_language_of_a_question(question: str, words: str) -> None:
    assert language_of_question(question) == words
