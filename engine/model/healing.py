"""Token healing: the word before the cursor is taken out of the prompt, and the answer has to begin with its text.

If the user stops in the middle of `configuration`, the tokenizer makes tokens of `confi` that the model has hardly ever
read before `guration`. It is the same after a blank that the tokenizer joins with the word after it. Without them, the
model chooses among the tokens that agree with `confi` those it expects. What it expects there does not change while the
word is typed: it is asked for at the word's first key, and remembered.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from engine.generated import Generated
from engine.model.next_characters import TOKENS, find_next_characters
from engine.model.protocol import Question, Tokenizer
from engine.text import HALF_A_CHARACTER

MAX_STEPS = 4  # tokens that together may make up what was taken out
LOOKED_AT = 200  # of the likeliest tokens; if none of them agrees with what is typed, nothing is taken out
KEPT_WORDS = 16  # that are being typed, or prefetched

Ask = Callable[[Question], Generated]
Expected = list[tuple[int, float]]  # tokens with their log-probabilities, the model's own choice first


class Healing:
    """Heals the prompts of one model. May be used from several threads."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: OrderedDict[tuple[int, ...], Expected] = OrderedDict()  # after these tokens
        self._lock = threading.Lock()

    def generate(self, ask: Ask, question: Question) -> Generated:
        """Return what follows the text of the question's healed span, asking the model without the span's tokens.

        The model is asked once if its own choice begins with what is typed, which is the rule, or if what it expects is
        known. The probability of the first token is its share among those that agree with what is typed. The question
        is asked as it is if it has no such span, if the span is not a piece of a line, or if nothing that the model
        expects begins with its text. If the question keeps some tokens in the span's place, only the text after theirs
        is taken out.
        """
        start, end = question.healed_span
        kept = question.kept_tokens
        typed = self._tokenizer.decode(question.tokens[start:end]) if end else ""
        if (kept is None and (not typed.strip() or "\n" in typed)) or HALF_A_CHARACTER in typed:
            return _ask_with_next_characters(ask, self._tokenizer, question)
        if kept:
            typed = typed.removeprefix(self._tokenizer.decode(kept))
        tokens = [*question.tokens[:start], *(kept or ()), *question.tokens[end:]]
        unhealed = replace(question, tokens=tokens, alternatives=(LOOKED_AT, TOKENS), ungated_tokens=1)
        place = tuple(tokens)
        with self._lock:
            expected = self._known.get(place)
        if expected is not None:
            return _ask_from_expected_tokens(ask, self._tokenizer, question, unhealed, typed, expected)

        def is_over(text: str) -> bool:
            return not text.startswith(typed) or (len(text) > len(typed) and question.stop(text[len(typed) :]))

        first = ask(replace(unhealed, stop=is_over, max_new_tokens=question.max_new_tokens + 1))
        expected = _expected_tokens(first)
        self._remember(place, expected)
        agreeing = _agreeing_tokens(expected, typed, self._tokenizer)
        if not agreeing or not first.text.startswith(typed) or _likeliest(agreeing) != first.tokens[0]:
            spent_ms = first.prefill_ms + first.decode_ms
            return _with_spent(
                _ask_from_expected_tokens(ask, self._tokenizer, question, unhealed, typed, expected), spent_ms
            )
        is_whole = first.text[: first.ends[0]] == typed
        characters = (
            _next_characters(first, 1, self._tokenizer)
            if is_whole
            else find_next_characters(agreeing, typed, self._tokenizer)
        )
        begins = first.text[len(typed) : first.ends[0]]  # the first token has all that is typed
        rest = first.without_tokens(1).with_prefix(begins, _log_prob_among(agreeing, first.tokens[0]))
        return replace(rest, next_characters=characters)

    def _remember(self, place: tuple[int, ...], expected: Expected) -> None:
        with self._lock:
            self._known[place] = expected
            if len(self._known) > KEPT_WORDS:
                self._known.popitem(last=False)


def _expected_tokens(first: Generated) -> Expected:
    """Return what could be in the place of the first token; nothing if the model ends there."""
    if not first.tokens:
        return []
    return [(first.tokens[0], first.log_probs[0]), *(first.alternatives[0] if first.alternatives else ())]


def _ask_with_next_characters(ask: Ask, tokenizer: Tokenizer, question: Question) -> Generated:
    """Return the answer, with the probable next characters if the question wants them."""
    if not question.next_characters or question.alternatives:
        return ask(question)
    generated = ask(replace(question, alternatives=(TOKENS,)))
    return replace(generated, next_characters=_next_characters(generated, 0, tokenizer))


def _next_characters(generated: Generated, index: int, tokenizer: Tokenizer) -> tuple[str, ...]:
    """Return the characters that may be in the place of a token of the answer, or of its end."""
    chosen = list(zip(generated.tokens[index : index + 1], generated.log_probs[index : index + 1], strict=True))
    alternatives = generated.alternatives[index] if len(generated.alternatives) > index else ()
    return find_next_characters(
        [*chosen, *alternatives], "", tokenizer, generated.end_log_prob if index == len(generated.tokens) else None
    )


def _ask_from_expected_tokens(
    ask: Ask, tokenizer: Tokenizer, question: Question, unhealed: Question, typed: str, expected: Expected
) -> Generated:
    """Return the answer that begins with the likeliest tokens that agree with what is typed."""
    begun: list[int] = []
    characters: tuple[str, ...] = ()
    text, log_prob, spent_ms = "", 0.0, 0.0
    while len(text) < len(typed):
        if begun:
            generated = ask(replace(unhealed, tokens=[*unhealed.tokens, *begun], max_new_tokens=1, stop=lambda _: True))
            spent_ms += generated.prefill_ms
            expected = _expected_tokens(generated)
        agreeing = _agreeing_tokens(expected, typed[len(text) :], tokenizer)
        if not agreeing or len(begun) == MAX_STEPS:
            return _with_spent(_ask_with_next_characters(ask, tokenizer, question), spent_ms)
        characters = find_next_characters(agreeing, typed[len(text) :], tokenizer)
        begun.append(_likeliest(agreeing))
        log_prob += _log_prob_among(agreeing, begun[-1])
        text = tokenizer.decode(begun)
        if not (text.startswith(typed) or typed.startswith(text)):
            return _with_spent(_ask_with_next_characters(ask, tokenizer, question), spent_ms)
    begins = text[len(typed) :]
    if begins and (question.stop(begins) or len(begun) >= question.max_new_tokens):
        return Generated(begins, (len(begins),), (log_prob,), prefill_ms=spent_ms, next_characters=characters)
    rest_question = replace(
        question,
        tokens=[*unhealed.tokens, *begun],
        max_new_tokens=max(1, question.max_new_tokens - len(begun)),
        stop=lambda more: question.stop(begins + more),
    )
    rest = _with_spent(_ask_with_next_characters(ask, tokenizer, rest_question), spent_ms)
    return (replace(rest, next_characters=characters) if begins else rest).with_prefix(begins, log_prob)


def _with_spent(generated: Generated, spent_ms: float) -> Generated:
    """Return the answer, with the time spent before it."""
    return replace(generated, prefill_ms=generated.prefill_ms + spent_ms)


def _likeliest(agreeing: Expected) -> int:
    return max(agreeing, key=lambda each: each[1])[0]


def _log_prob_among(agreeing: Expected, token: int) -> float:
    """Return the log-probability of a token among those that agree."""
    return dict(agreeing)[token] - math.log(sum(math.exp(each) for _, each in agreeing))


def _agreeing_tokens(expected: Expected, typed: str, tokenizer: Tokenizer) -> Expected:
    """Return the tokens that begin with all of `typed`; if none does, those that `typed` begins with."""
    found = []
    for token, log_prob in expected:
        text = tokenizer.decode([token])
        if text and HALF_A_CHARACTER not in text and (text.startswith(typed) or typed.startswith(text)):
            found.append((token, log_prob, text))
    whole = [(token, log_prob) for token, log_prob, text in found if text.startswith(typed)]
    return whole or [(token, log_prob) for token, log_prob, _ in found]
