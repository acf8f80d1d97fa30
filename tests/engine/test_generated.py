"""What a model has generated, cut and joined: texts, ends and probabilities stay one another's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.generated import Generated

PIECES = st.lists(st.text(min_size=0, max_size=6), min_size=0, max_size=8)


LOG_PROBS = st.floats(-20, 0)


def joined(pieces: Sequence[str], log_probs: Sequence[float], end: float | None = None) -> Generated:
    """An answer of these tokens."""
    return Generated(
        "".join(pieces),
        tuple(accumulate(map(len, pieces))),
        tuple(log_probs),
        end,
        tokens=tuple(range(len(pieces))),
        alternatives=tuple(((number, -1.0),) for number in range(len(pieces))),
    )


@st.composite
def answers(draw: st.DrawFn) -> Generated:
    """Tokens of any text; empty ones are the bytes of a character that comes with a later token."""
    pieces = draw(PIECES)
    log_probs = draw(st.lists(LOG_PROBS, min_size=len(pieces), max_size=len(pieces)))
    return joined(pieces, log_probs, draw(st.none() | LOG_PROBS))


@given(answers(), st.data())
def test_typed_and_rest_are_the_answer(answer: Generated, data: st.DataObject) -> None:
    typed = data.draw(st.integers(0, len(answer.text)))
    rest = answer.without_start(typed)
    assert answer.text[:typed] + rest.text == answer.text
    assert len(rest.ends) == len(rest.log_probs)
    assert all(0 <= end <= len(rest.text) for end in rest.ends)
    assert list(rest.ends) == sorted(rest.ends)
    assert not rest.text or rest.ends[-1] == len(rest.text)


@given(answers(), st.data())
def test_typing_only_adds_to_the_certainty(answer: Generated, data: st.DataObject) -> None:
    less = data.draw(st.integers(0, len(answer.text)))
    more = data.draw(st.integers(less, len(answer.text)))
    assert sum(answer.without_start(more).log_probs) >= sum(answer.without_start(less).log_probs) - 1e-9
    assert sum(answer.with_certain_start(less).log_probs) == pytest.approx(sum(answer.without_start(less).log_probs))
    if not less:
        assert answer.without_start(0) == answer


@given(answers(), st.data())
def test_slicing_twice_is_slicing_once(answer: Generated, data: st.DataObject) -> None:
    border = data.draw(st.sampled_from((0, *answer.ends)))
    more = data.draw(st.integers(border, len(answer.text)))
    once, twice = answer.without_start(more), answer.without_start(border).without_start(more - border)
    assert (once.text, once.ends) == (twice.text, twice.ends)
    assert once.log_probs == pytest.approx(twice.log_probs)


@given(answers(), st.text(min_size=1, max_size=5))
def test_what_is_put_before_can_be_taken_off(answer: Generated, known: str) -> None:
    assert answer.with_prefix(known).without_start(len(known)).text == answer.text


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a b", "c", "f(x)"])), max_size=6))
def test_another_step_and_back_is_the_same(lines: list[tuple[int, str]]) -> None:
    pieces = [piece for depth, code in [(1, "x"), *lines] for piece in ("\n", "    " * depth, code)]
    answer = joined(pieces, [-0.1] * len(pieces))
    moved = answer.with_indentation_step("", "\t")
    assert "    " not in moved.text
    assert moved.ends[-1] == len(moved.text)
    assert list(moved.ends) == sorted(moved.ends)
    assert moved.with_indentation_step("", "    ").text == answer.text


@given(answers(), st.data())
def test_first_tokens_and_the_rest_are_the_answer(answer: Generated, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(answer.ends)))
    chars = answer.ends[count - 1] if count else 0
    first = Generated(answer.text[:chars], answer.ends[:count], answer.log_probs[:count], tokens=answer.tokens[:count])
    again = first.then(answer.without_tokens(count))
    assert (again.text, again.ends, again.log_probs) == (answer.text, answer.ends, answer.log_probs)
    assert (again.tokens, again.end_log_prob) == (answer.tokens, answer.end_log_prob)


@given(answers(), st.text(max_size=5), LOG_PROBS)
def test_a_prefix_adds_its_probability_whatever_its_text(answer: Generated, text: str, log_prob: float) -> None:
    after = answer.with_prefix(text, log_prob)
    assert after.text == text + answer.text
    if text or answer.log_probs:
        assert sum(after.log_probs) == pytest.approx(sum(answer.log_probs) + log_prob)
    elif answer.end_log_prob is not None:
        assert after.end_log_prob == pytest.approx(answer.end_log_prob + log_prob)


@given(answers(), st.data())
def test_tokens_are_told_only_while_they_are_the_texts(answer: Generated, data: st.DataObject) -> None:
    rest = answer.without_start(data.draw(st.integers(0, len(answer.text))))
    assert len(rest.tokens) == len(rest.ends) == len(rest.alternatives)
    assert rest.tokens == answer.tokens[len(answer.tokens) - len(rest.tokens) :]
    assert answer.with_prefix("known").tokens == ()
