from __future__ import annotations

import math

from engine.model.next_characters import find_next_characters
from tests.scripted import WordTokenizer


def characters(typed: str = "", **probabilities: float) -> tuple[str, ...]:
    tokenizer = WordTokenizer()
    tokens = [(tokenizer.encode(word)[0], math.log(share)) for word, share in probabilities.items()]
    return find_next_characters(tokens, typed, tokenizer)


def test_the_first_characters_of_probable_tokens_the_most_probable_first() -> None:
    assert characters(frame=0.3, wheel=0.4, fork=0.2, axle=0.001) == ("f", "w")


def test_of_a_word_that_is_begun_what_goes_on() -> None:
    assert characters("f", frame=0.3, wheel=0.4, fork=0.2, f=0.1) == ("r", "o")


def test_enter_is_told_where_nothing_is_more_probable() -> None:
    tokenizer = WordTokenizer()
    newline, other = tokenizer.encode("\n")[0], tokenizer.encode("x")[0]
    assert find_next_characters([(newline, -0.2), (other, -2.0)], "", tokenizer) == ("\n", "x")
    assert find_next_characters([(newline, -2.0), (other, -0.2)], "", tokenizer) == ("x",)


def test_an_end_is_as_good_as_a_line_break() -> None:
    tokenizer = WordTokenizer()
    other = tokenizer.encode("x")[0]
    assert find_next_characters([(other, -2.0)], "", tokenizer, end_log_prob=-0.2) == ("\n", "x")
