"""Half a word is taken back, and the answer begins with it."""

from __future__ import annotations

import math

import pytest

from engine.completion.pipeline import Completer
from engine.generated import Generated
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.model.healing import Healing
from engine.model.protocol import Question
from engine.types import CancellationToken, CompletionSettings
from tests.scripted import WordTokenizer, at_cursor

TOKENIZER = WordTokenizer()
PROMPT = TOKENIZER.encode("x conf")
HELD = (len(PROMPT) - 1, len(PROMPT))


class Expecting:
    """Expects `next`, words with their probabilities, the likeliest first; whatever it begins with goes on `then`."""

    def __init__(self, then: str = "", **next_words: float) -> None:
        self.then, self.next = then, next_words
        self.asked: list[str] = []

    def __call__(self, question: Question) -> Generated:
        self.asked.append(TOKENIZER.decode(question.tokens))
        at_a_word = question.alternatives and self.asked[-1].endswith(" ")
        words = [(TOKENIZER.encode(word)[0], math.log(p)) for word, p in self.next.items()] if at_a_word else []
        ids = [token for token, _ in words[:1]]
        if not words or not question.stop(TOKENIZER.decode(ids)):
            ids += TOKENIZER.encode(self.then)
        ends = [len(TOKENIZER.decode(ids[: i + 1])) for i in range(len(ids))]
        log_probs = [log_prob for _, log_prob in words[:1]] + [-0.1] * (len(ids) - len(words[:1]))
        alternatives = (tuple(words[1:]),) if words else ()
        return Generated(
            TOKENIZER.decode(ids), tuple(ends), tuple(log_probs), -0.1, tokens=tuple(ids), alternatives=alternatives
        )


def ask(model: Expecting) -> Generated:
    return Healing(TOKENIZER).generate(
        model, Question(PROMPT, 8, lambda _: False, healed_span=HELD, next_characters=True)
    )


def test_a_word_the_model_would_have_chosen_itself_is_asked_for_once() -> None:
    model = Expecting(" = 1", configuration=0.2, confident=0.05, other=0.01)
    generated = ask(model)
    assert generated.text == "iguration = 1"
    assert generated.log_probs[0] == pytest.approx(math.log(0.2 / 0.25))
    assert generated.ends == (9, 10, 11, 12, 13)
    assert model.asked == ["x "]


def test_while_a_word_is_typed_what_the_model_expects_there_is_asked_for_once() -> None:
    model, healing = Expecting(" = 1", other=0.5, configuration=0.2, confident=0.05), Healing(TOKENIZER)
    for typed in ("c", "conf", "confid"):
        prompt = TOKENIZER.encode(f"x {typed}")
        generated = healing.generate(
            model, Question(prompt, 8, lambda _: False, healed_span=(len(prompt) - 1, len(prompt)))
        )
    assert generated.text == "ent = 1"
    assert generated.log_probs[0] == pytest.approx(0.0)  # the only one that agrees
    assert model.asked == ["x ", "x configuration", "x configuration", "x confident"]


def test_the_next_characters_are_those_of_the_words_that_agree() -> None:
    assert ask(Expecting(" = 1", configuration=0.2, confident=0.05, other=0.01)).next_characters == ("i",)


def test_behind_a_word_that_is_typed_whole_the_second_token_tells_the_next_sign() -> None:
    assert ask(Expecting(" = 1", conf=0.2, configuration=0.05)).next_characters == (" ",)


def test_of_a_word_begun_otherwise_its_own_next_sign_comes_first() -> None:
    assert ask(Expecting(" = 1", other=0.5, configuration=0.2, confident=0.05)).next_characters == ("i",)


def test_after_a_space_nothing_is_healed_and_the_next_characters_are_known() -> None:
    prompt = TOKENIZER.encode("x = ")
    question = Question(prompt, 8, lambda _: False, healed_span=(len(prompt) - 1, len(prompt)), next_characters=True)
    assert Healing(TOKENIZER).generate(Expecting("", value=0.5, other=0.2), question).next_characters == ("v", "o")


def test_another_word_is_the_most_probable_one_that_agrees_with_what_is_typed() -> None:
    model = Expecting(" = 1", other=0.5, configuration=0.2, confident=0.05)
    generated = ask(model)
    assert generated.text == "iguration = 1"
    assert generated.log_probs[0] == pytest.approx(math.log(0.2 / 0.25))
    assert generated.ends == (9, 10, 11, 12, 13)
    assert model.asked == ["x ", "x configuration"]


@pytest.mark.parametrize("other", [{}, {"other": 0.9}])
def test_a_word_that_is_whole_stays_and_the_next_token_answers_for_it(other: dict[str, float]) -> None:
    generated = ask(Expecting("(y)", **other, conf=0.3, configuration=0.1))
    assert generated.text == "(y)"
    assert generated.log_probs[0] == pytest.approx(math.log(0.3 / 0.4) - 0.1)
    assert generated.ends == (1, 2, 3)


def test_where_nothing_agrees_the_prompt_is_left_as_it_is() -> None:
    model = Expecting("ig", other=0.9, another=0.1)
    assert ask(model).text == "ig"
    assert model.asked == ["x ", "x conf"]


def test_the_embedded_model_finishes_a_word_it_knows() -> None:
    source = "def area(width, height):\n    return wid<cursor>\n"
    model = CTranslateModel(find_model(""), "cpu", 1)
    outcome = Completer(model, CompletionSettings(confidence=0.0)).complete(at_cursor(source), CancellationToken())
    assert outcome.generated.text.startswith("th")
    assert outcome.generated.ends == tuple(sorted(outcome.generated.ends))
