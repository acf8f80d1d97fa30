"""What a model thinks aloud is no part of its answer."""

from __future__ import annotations

import pytest

from engine.assist.thoughts import without_thoughts

BLOCK = "```python\nx = 1\n```"
THOUGHT = "First:\n```python\nx = 2\n```\nNo."


@pytest.mark.parametrize(
    "answer",
    [
        f"<think>\n{THOUGHT}\n</think>\n\n{BLOCK}",
        f"{THOUGHT}\n</think>\n{BLOCK}",
        f"{THOUGHT}</think>\n{BLOCK}",
        f"<think>\n\n</think>\n\n{BLOCK}",
        f"<thinking>{THOUGHT}</thinking>\n{BLOCK}",
        f"<Reasoning>\n{THOUGHT}\n</Reasoning>\n{BLOCK}",
        f"[THINK]{THOUGHT}[/THINK]\n{BLOCK}",
        f"<seed:think>{THOUGHT}</seed:think>\n{BLOCK}",
        f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{BLOCK}",
        f"<think>one\n</think>\n<think>two\n</think>\n{BLOCK}",
        f"<think>\n```python\nx = 2\n</think>\n{BLOCK}",
        f"<think>The tag `</think>` ends it.\n</think>\n{BLOCK}",
    ],
)
def test_a_thought_is_left_out(answer: str) -> None:
    assert without_thoughts(answer).strip() == BLOCK


def test_a_thought_without_an_end_is_all_there_is() -> None:
    assert without_thoughts(f"<think>\n{THOUGHT}") == ""


@pytest.mark.parametrize(
    "answer",
    [
        BLOCK,
        "```python\nTAGS = '''\n<think>\n</think>\n'''\n```",
        "The tag is `<think>`, it ends with `</think>`.",
        "<p>HTML</p>\n",
        "",
    ],
)
def test_what_is_about_tags_is_kept(answer: str) -> None:
    assert without_thoughts(answer) == answer
