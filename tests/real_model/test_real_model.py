"""Real weights: a GGUF file as it is published is converted, completes, and chats until it ends by itself."""

from __future__ import annotations

import pytest

from engine.completion.pipeline import Completer
from engine.model.ctranslate import CTranslateModel
from engine.model.protocol import Question
from engine.prompt.chat import Turn, chat_parts
from engine.prompt.layout import encode
from engine.types import CancellationToken, CompletionSettings
from tests.scripted import at_cursor

pytestmark = pytest.mark.timeout(900)  # the conversion takes a minute of two free cores

MEAN = '''from typing import List


def mean(numbers: List[float]) -> float:
    """ Return the mean of the numbers.
    >>> mean([1.0, 2.0])
    1.5
    """
'''


def test_its_folder_says_what_the_file_says(smollm2: CTranslateModel) -> None:
    description = smollm2.description
    assert (description.family, description.chat_template, description.begin) == ("llama", "chatml", ())
    assert {"chat", "complete"} <= description.capabilities
    assert {"<|im_end|>", "<|endoftext|>"} <= set(description.stop)
    assert description.facts["licence"] == "apache-2.0"
    assert description.facts["parity"]["max_difference_float32"] < 0.01


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (MEAN + "    <cursor>\n", "return sum(numbers) / len(numbers)"),
        (MEAN + "<cursor>\n", "    return sum(numbers) / len(numbers)"),
        ("def total(items):\n    result = 0\n    for item in items:\n        result += <cursor>\n", "item"),
        ("class Point:\n    def __init__(self, x, y):\n        self.x = x\n<cursor>\n", "        self.y = y"),
    ],
)
def test_it_goes_on_after_an_indentation_a_blank_and_a_line_end(
    smollm2: CTranslateModel, source: str, expected: str
) -> None:
    completer = Completer(smollm2, CompletionSettings(confidence=0.0))
    outcome = completer.complete(at_cursor(source), CancellationToken())
    assert outcome.completion is not None
    assert outcome.completion.text.startswith(expected)


def test_answers_end_by_themselves(smollm2: CTranslateModel) -> None:
    """Processors round int8 differently, so that one answer may take another way, and go round in circles."""
    ended = 0
    for question in ("Say hello.", "Good morning!", "Thank you!"):
        tokens = encode(smollm2.tokenizer, chat_parts(smollm2.description, [Turn("user", question)]))
        answer = smollm2.generate(Question(tokens, 300, lambda _: False), CancellationToken())
        assert "<|im_" not in answer.text
        ended += answer.end_log_prob is not None
    assert ended >= 2
