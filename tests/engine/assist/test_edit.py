"""Code in the place of a selection: no more than was selected, and no declaration lost unseen."""

from __future__ import annotations

import pytest

from engine.assist.tasks import Answer, AssistTask
from tests.engine.assist.speaking import ChatModel, answered, asked

FILE = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
CLASS = "class A:\n    x = 1\n\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n"


def edited(text: str, selected: str, answer: str, question: str = "Return ten.") -> tuple[str, Answer]:
    """Return (the document after the edit, the answer)."""
    start = text.index(selected)
    request = asked(AssistTask.EDIT, text, selection=(start, start + len(selected)), question=question)
    given = answered(request, ChatModel(f"```python\n{answer}```"))
    assert given.edit
    return text[: given.edit.start] + given.edit.text + text[given.edit.end :], given


@pytest.mark.parametrize("selected", ["def one():\n    return 1\n", "def one():\n    return 1", "return 1"])
def test_of_a_whole_file_only_the_selected_part_is_taken(selected: str) -> None:
    whole = FILE.replace("return 1", "return 10")
    after, answer = edited(FILE, selected, whole)
    assert (after, answer.warnings) == (whole, ())


def test_of_a_class_only_the_selected_method_is_taken() -> None:
    whole = CLASS.replace("return 1", "return 10")
    after, answer = edited(f"import os\n\n\n{CLASS}", "    def one(self):\n        return 1\n", whole)
    assert (after, answer.warnings) == (f"import os\n\n\n{whole}", ())


def test_what_stands_elsewhere_is_not_brought_in_unseen() -> None:
    other = FILE.replace("return 2", "return 20").replace("return 1", "return 10")
    _, answer = edited(FILE, "def one():\n    return 1\n", other)
    assert answer.warnings == (
        "The result has `two`, `import os` twice: the answer may hold more than what was selected. Check the edit.",
    )


def test_a_declaration_is_not_lost_unseen() -> None:
    _, answer = edited(CLASS, CLASS, "class A:\n    x = 1\n\n    def one(self):\n        return 10\n")
    assert answer.warnings == ("The result no longer declares `A.two`. Check the edit.",)


def test_a_declaration_that_is_to_go_may_go() -> None:
    after, answer = edited(FILE, FILE, FILE[: FILE.index("\n\ndef two")], "Remove the function two.")
    assert "two" not in after
    assert not answer.warnings


def test_two_ways_are_shown_with_a_warning() -> None:
    answer = "def one():\n    return 10\n```\n\nor\n\n```python\ndef one():\n    return 5 + 5\n"
    _, given = edited(FILE, "def one():\n    return 1\n", answer)
    assert "several blocks" in given.warnings[0]


def test_without_a_grammar_lines_are_compared() -> None:
    text = "sub one { return 1 }\nsub two { return 2 }\n"
    request = asked(AssistTask.EDIT, text, "perl", selection=(0, text.index("sub two")), question="Return ten.")
    answer = answered(request, ChatModel("```perl\nsub one { return 10 }\nsub two { return 2 }\nsub three { 3 }\n```"))
    assert "`sub two { return 2 }` twice" in answer.warnings[0]
