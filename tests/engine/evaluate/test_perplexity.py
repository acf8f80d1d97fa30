from __future__ import annotations

import math
from dataclasses import replace

import pytest

from engine.evaluate.perplexity import perplexity
from engine.languages import language_of
from engine.prompt.templates import TEMPLATES
from tests.scripted import DESCRIPTION, ScriptedModel

TOKENS = dict.fromkeys(
    ("prefix", "suffix", "middle", "first", "second", "file", "repository", "user", "begin"), "<control>"
)
TEXT = "def area(width, height):\n    return width * height\n" * 4


class Scoring(ScriptedModel):
    """Gives each token of text the probability 1/4, and control tokens 1."""

    def score(self, tokens: list[int]) -> list[float]:
        return [0.0 if self.tokenizer.is_control(token) else -math.log(4) for token in tokens[1:]]


@pytest.mark.parametrize("template", TEMPLATES)
def test_it_measures_the_text_and_nothing_of_the_template(template: str) -> None:
    infills = frozenset({"complete", "infill"} if "{suffix}" in TEMPLATES[template].prompt else {"complete"})
    description = replace(DESCRIPTION, template=template, capabilities=infills, control_tokens=TOKENS, begin=("<s>",))
    model = Scoring(description=description)
    found = perplexity(model, [("area.py", language_of("python"), TEXT)], 512)
    tokens = len(model.tokenizer.encode(TEXT))
    assert (found.tokens, found.per_token) == (tokens, pytest.approx(4))
    assert found.bits_per_char == pytest.approx(2 * tokens / len(TEXT))


def test_texts_too_short_to_tell_are_left_out() -> None:
    found = perplexity(Scoring(), [("a.py", language_of("python"), "x = 1\n")], 512)
    assert found.tokens == 0
    assert math.isnan(found.per_token)


def test_a_long_text_is_measured_at_its_end() -> None:
    found = perplexity(Scoring(), [("area.py", language_of("python"), TEXT * 50)], 200)
    assert 100 < found.tokens < 200
