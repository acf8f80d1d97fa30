"""The notation that prompts are written in, the parts it becomes, and their token ids.

    <prefix>      the control token of that name
    <middle?>     the same, if the model has one
    {suffix}      a text, or parts made before
    {space}       the space that sentencepiece puts before a text, for models trained with it; none before an empty text
    <>            the end of a run: the texts on its two sides are encoded apart

All else stands for itself. Adjacent texts are one run, encoded together, as they were in training.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.model.protocol import Tokenizer

PIECE = re.compile(r"<(\w*)(\??)>|\{(\w+)\}")


@dataclass(frozen=True)
class Part:
    """A run of text, or one control token. Text never becomes a control token, whatever it spells."""

    text: str
    control: bool = False
    ends_prefix: bool = False  # the text before the cursor ends with this part


def control_names(layout: str) -> frozenset[str]:
    """Return the names of the control tokens that a layout needs."""
    return frozenset(name for name, optional, _ in PIECE.findall(layout) if name and not optional)


class Writer:
    """Writes layouts one after the other. `tokens` are those that each name stands for, maybe several."""

    def __init__(self, tokens: Mapping[str, Sequence[str]], *, begins_with_space: bool = False) -> None:
        self._tokens = tokens
        self._space = " " if begins_with_space else ""
        self._parts: list[Part] = []
        self._run = ""
        self._before_run = ""
        self._ends_prefix = False

    def write(self, layout: str, texts: Mapping[str, str | tuple[Part, ...]]) -> None:
        """Write a layout, with the texts (or parts) for its slots."""
        at = 0
        for piece in PIECE.finditer(layout):
            self._run += layout[at : piece.start()]
            at = piece.end()
            token, _, slot = piece.groups()
            if slot is None:
                self._end_run()
                self._parts += [Part(text, control=True) for text in self._tokens.get(token, ())]
            elif slot == "space":
                self._before_run = self._space
            else:
                self._add(texts[slot])
                self._ends_prefix |= slot == "prefix"
        self._run += layout[at:]

    def parts(self) -> tuple[Part, ...]:
        """Return what was written."""
        self._end_run()
        return tuple(self._parts)

    def _add(self, what: str | tuple[Part, ...]) -> None:
        for part in (Part(what),) if isinstance(what, str) else what:
            if part.control:
                self._end_run()
                self._parts.append(part)
            else:
                self._run += part.text

    def _end_run(self) -> None:
        if self._run or self._ends_prefix:
            text = self._before_run + self._run if self._run else ""
            self._parts.append(Part(text, ends_prefix=self._ends_prefix))
        self._run, self._before_run, self._ends_prefix = "", "", False


def encode(tokenizer: Tokenizer, parts: Sequence[Part]) -> list[int]:
    """Return the token ids of a prompt. Each part is encoded by itself, as in training.

    A control token that the model does not have is text like any other, encoded together with the text around it.
    """
    ids: list[int] = []
    run, joins = "", False
    for part in parts:
        control = tokenizer.control(part.text) if part.control else []
        if len(control) == 1:
            ids += [*tokenizer.encode(run), *control] if run else control
            run, joins = "", False
        elif part.control or joins:
            run, joins = run + part.text, part.control
        else:
            ids += tokenizer.encode(run) if run else []
            run = part.text
    return [*ids, *tokenizer.encode(run)] if run else ids
