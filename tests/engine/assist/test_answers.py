"""What of an answer is its code, and how it takes the place of what was selected."""

from __future__ import annotations

import pytest

from engine.assist.answers import adapt_to_place, message_in, why_no_message
from engine.assist.choice import choose_code
from engine.languages import language_of

PYTHON, MARKDOWN = language_of("python"), language_of("markdown")
DOCSTRING = 'def f():\n    """\n    ```\n    f()\n    ```\n    """\n    return 1'


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("Sure:\n```python\nx = 1\n```\nDone.", "x = 1"),
        ("```python\r\nx = 1\r\ny = 2\r\n```\r\n", "x = 1\ny = 2"),
        ("x = 1\n", "x = 1"),
        ("```python\nx = 1", "x = 1"),
        ("1. First\n   ```python\n   if x:\n       y\n   ```\n", "if x:\n    y"),
        ("```sh\npip install everything-there-is\n```\n```python\nx = 1\n```", "x = 1"),
        ("````python\n# a\n```\n# b\n````", "# a\n```\n# b"),
        (f"```python\n{DOCSTRING}\n```", DOCSTRING),
        ('```python\n"""\n```python\nf()\n```\n"""\nx = 1\n```\nDone.', '"""\n```python\nf()\n```\n"""\nx = 1'),
        ("Here it is: ```python\nx = 1\n```\nDone.", "x = 1"),
        ("```\n```", ""),
    ],
)
def test_the_code_of_an_answer(answer: str, code: str) -> None:
    assert choose_code(answer, PYTHON, "").code == code


def test_markdown_keeps_the_blocks_in_it() -> None:
    text = "# Make\n\n```sh\nmake\n```\n\nor\n\n```\nninja\n```\n\nThat is all."
    assert choose_code(f"Here:\n\n```markdown\n{text}\n```\n", MARKDOWN, "").code == text


def test_an_answer_without_a_fence_has_no_block() -> None:
    assert choose_code("Use `x`, not ```y```.", PYTHON, "").block is None
    assert choose_code("~~~\nx\n~~~", PYTHON, "").block


@pytest.mark.parametrize(
    ("original", "code", "result"),
    [
        (
            "\n    def f(self):\n        return 1\n",
            "def f(self):\n    return 2\n",
            "\n    def f(self):\n        return 2\n",
        ),
        ("\ndef f():\n    return 1\n\n\n", "def f():\n    return 2", "\ndef f():\n    return 2\n\n\n"),
        ("    a = 1\n    ", "a = 2", "    a = 2\n    "),
        ("a = 1  ", "a = 2", "a = 2  "),
        ("f(1)", "    f(2)", "f(2)"),
        ("\tx = 1\n", "x = 'a\u2028b'\nif x:\n\ty", "\tx = 'a\u2028b'\n\tif x:\n\t\ty\n"),
    ],
)
def test_code_takes_the_place_of_what_was_selected(original: str, code: str, result: str) -> None:
    assert adapt_to_place(code, original) == result


def test_a_commit_message_leaves_its_fence_behind() -> None:
    assert message_in("```\nAdd f\n\nIt was missing.\n```\n") == "Add f\n\nIt was missing."
    assert message_in("Add f\n\n```\nf()\n```\n") == "Add f\n\n```\nf()\n```"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("<think>\nA number.\n</think>\n\nSet the number", "Set the number"),
        ("Here is the commit message:\n\n```\nSet the number\n```", "Set the number"),
        ("Set the number\n\nIt was: 3", "Set the number\n\nIt was: 3"),
        ("```text\r\nSet the number\r\n```\r\n", "Set the number"),
    ],
)
def test_a_commit_message_is_taken_out_of_its_answer(answer: str, message: str) -> None:
    assert message_in(answer) == message
    assert why_no_message(message) == ""


@pytest.mark.parametrize(
    "answer",
    [
        "```\ndiff --git a/x.py b/x.py\n+x\n```",
        "```\ndiff --git a/x.py b/x.py\n+\n+\n+",
        "Set it\n\n@@ -1 +1 @@\n-x\n+y",
        "Set it\n\n```\nx = 1",
        "<think>\nA number.",
        "Set it\n" * 99,
        "",
    ],
)
def test_what_is_no_commit_message(answer: str) -> None:
    assert why_no_message(message_in(answer))
