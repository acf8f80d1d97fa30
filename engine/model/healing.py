"""Token healing: the word before the cursor is taken back, and the answer begins with its text.

Where a person stops in the middle of `configuration`, the tokenizer makes tokens of `confi` that the model has hardly
ever read before `guration`. Without them, of the tokens that agree with `confi` the model chooses those it expects.
What it expects there does not change while the word is typed: it is asked for at the word's first key, and remembered.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from engine.generated import Generated
from engine.model.next_signs import TOKENS, next_signs
from engine.model.protocol import Question, Tokenizer
from engine.text import HALF_A_CHARACTER

MAX_STEPS = 4  # tokens that together may make up what was taken back
LOOKED_AT = 200  # of the most probable tokens; where none of them agrees with what is typed, nothing is taken back
KEPT_WORDS = 16  # that are being typed, or asked ahead

Ask = Callable[[Question], Generated]
Expected = list[tuple[int, float]]  # tokens with their log-probabilities, the model's own choice first


class Healing:
    """Of one model's answers. May be used from several threads."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: OrderedDict[tuple[int, ...], Expected] = OrderedDict()  # behind these tokens
        self._lock = threading.Lock()

    def answer(self, ask: Ask, question: Question) -> Generated:
        """The answer to a question without the tokens it holds, from behind their text on; `ask` knows nothing of them.

        Where the model's own choice begins with what is typed, which is the rule, it is asked once; and where what it
        expects there is known. The probability of the first token is among those that agree with what is typed. As
        `ask` alone where it holds none, where they are no piece of a line, or where the model expects nothing that
        begins with it.
        """
        start, end = question.held
        typed = self._tokenizer.decode(question.tokens[start:end]) if end else ""
        if not typed.strip() or "\n" in typed or HALF_A_CHARACTER in typed:
            return _with_signs(ask, self._tokenizer, question)
        tokens = [*question.tokens[:start], *question.tokens[end:]]
        kept = replace(question, tokens=tokens, others=(LOOKED_AT, TOKENS), forgiven=1)
        place = tuple(tokens)
        with self._lock:
            expected = self._known.get(place)
        if expected is not None:
            return _begun_otherwise(ask, self._tokenizer, question, kept, typed, expected)

        def is_over(text: str) -> bool:
            return not text.startswith(typed) or (len(text) > len(typed) and question.stop(text[len(typed) :]))

        first = ask(replace(kept, stop=is_over, max_new_tokens=question.max_new_tokens + 1))
        expected = _expected(first)
        self._remember(place, expected)
        agreeing = _agreeing(expected, typed, self._tokenizer)
        if not agreeing or not first.text.startswith(typed) or _best(agreeing) != first.tokens[0]:
            spent_ms = first.prefill_ms + first.decode_ms
            return _after(_begun_otherwise(ask, self._tokenizer, question, kept, typed, expected), spent_ms)
        is_whole = first.text[: first.ends[0]] == typed
        signs = _signs(first, 1, self._tokenizer) if is_whole else next_signs(agreeing, typed, self._tokenizer)
        begins = first.text[len(typed) : first.ends[0]]  # the first token has all that is typed
        rest = first.without_tokens(1).with_prefix(begins, _among(agreeing, first.tokens[0]))
        return replace(rest, next_signs=signs)

    def _remember(self, place: tuple[int, ...], expected: Expected) -> None:
        with self._lock:
            self._known[place] = expected
            if len(self._known) > KEPT_WORDS:
                self._known.popitem(last=False)


def _expected(first: Generated) -> Expected:
    """What could stand in the place of the first token; nothing where the model ends."""
    if not first.tokens:
        return []
    return [(first.tokens[0], first.log_probs[0]), *(first.others[0] if first.others else ())]


def _with_signs(ask: Ask, tokenizer: Tokenizer, question: Question) -> Generated:
    """As `ask`, told the probable next characters where they are wanted."""
    if not question.next_signs or question.others:
        return ask(question)
    said = ask(replace(question, others=(TOKENS,)))
    return replace(said, next_signs=_signs(said, 0, tokenizer))


def _signs(said: Generated, index: int, tokenizer: Tokenizer) -> tuple[str, ...]:
    """The characters that may stand where a token of the answer does, or its end."""
    chosen = list(zip(said.tokens[index : index + 1], said.log_probs[index : index + 1], strict=True))
    others = said.others[index] if len(said.others) > index else ()
    return next_signs([*chosen, *others], "", tokenizer, said.end_log_prob if index == len(said.tokens) else None)


def _begun_otherwise(
    ask: Ask, tokenizer: Tokenizer, question: Question, kept: Question, typed: str, expected: Expected
) -> Generated:
    """The answer that begins with the most probable tokens that agree with what is typed."""
    begun: list[int] = []
    signs: tuple[str, ...] = ()
    text, log_prob, spent_ms = "", 0.0, 0.0
    while len(text) < len(typed):
        if begun:
            said = ask(replace(kept, tokens=[*kept.tokens, *begun], max_new_tokens=1, stop=lambda _: True))
            spent_ms += said.prefill_ms
            expected = _expected(said)
        agreeing = _agreeing(expected, typed[len(text) :], tokenizer)
        if not agreeing or len(begun) == MAX_STEPS:
            return _after(_with_signs(ask, tokenizer, question), spent_ms)
        signs = next_signs(agreeing, typed[len(text) :], tokenizer)
        begun.append(_best(agreeing))
        log_prob += _among(agreeing, begun[-1])
        text = tokenizer.decode(begun)
        if not (text.startswith(typed) or typed.startswith(text)):
            return _after(_with_signs(ask, tokenizer, question), spent_ms)
    begins = text[len(typed) :]
    if begins and (question.stop(begins) or len(begun) >= question.max_new_tokens):
        return Generated(begins, (len(begins),), (log_prob,), prefill_ms=spent_ms, next_signs=signs)
    going_on = replace(
        question,
        tokens=[*kept.tokens, *begun],
        max_new_tokens=max(1, question.max_new_tokens - len(begun)),
        stop=lambda more: question.stop(begins + more),
    )
    rest = _after(_with_signs(ask, tokenizer, going_on), spent_ms)
    return (replace(rest, next_signs=signs) if begins else rest).with_prefix(begins, log_prob)


def _after(said: Generated, spent_ms: float) -> Generated:
    """With what was read and asked before it."""
    return replace(said, prefill_ms=said.prefill_ms + spent_ms)


def _best(agreeing: Expected) -> int:
    return max(agreeing, key=lambda each: each[1])[0]


def _among(agreeing: Expected, token: int) -> float:
    """The log-probability of a token among those that agree."""
    return dict(agreeing)[token] - math.log(sum(math.exp(each) for _, each in agreeing))


def _agreeing(expected: Expected, typed: str, tokenizer: Tokenizer) -> Expected:
    """The tokens that begin with all of `typed`; where none does, those it begins with."""
    found = []
    for token, log_prob in expected:
        text = tokenizer.decode([token])
        if text and HALF_A_CHARACTER not in text and (text.startswith(typed) or typed.startswith(text)):
            found.append((token, log_prob, text))
    whole = [(token, log_prob) for token, log_prob, text in found if text.startswith(typed)]
    return whole or [(token, log_prob) for token, log_prob, _ in found]
