"""A model that answers as a test wants, and a tokenizer whose tokens can be read."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Sequence
from pathlib import Path

from engine.document import Cursor, Document
from engine.generated import Generated
from engine.model.folder import ModelDescription
from engine.model.next_characters import find_next_characters
from engine.model.protocol import Question
from engine.types import CancellationToken, CompletionRequest, Mode, Sampling

CURSOR = "<cursor>"
DESCRIPTION = ModelDescription(
    folder=Path("scripted"),
    name="scripted",
    family="glm4",
    capabilities=frozenset({"complete", "infill"}),
    context_length=1024,
    numeric_type="none",
    template="codegeex4-infill",
)


class WordTokenizer:
    """Words, single characters and runs of white space are tokens. Control tokens have ids of their own, below 100."""

    def __init__(self) -> None:
        self._texts = [f"<control {i}>" for i in range(100)]
        self._ids: dict[str, int] = {}
        self._controls: dict[str, int] = {}

    def encode(self, text: str) -> list[int]:
        return [self._id(piece) for piece in re.findall(r"\w+|\n|[^\S\n]+|[^\w\s]", text)]

    def control(self, token: str) -> list[int]:
        if token not in self._controls:
            self._controls[token] = len(self._controls)
            self._texts[self._controls[token]] = token
        return [self._controls[token]]

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(self._texts[token] for token in tokens)

    def is_control(self, token: int) -> bool:
        return token < 100

    def _id(self, piece: str) -> int:
        if piece not in self._ids:
            self._ids[piece] = len(self._texts)
            self._texts.append(piece)
        return self._ids[piece]


class ScriptedModel:
    """Answers `text`, each token with `probability`. `hold()` makes it wait in mid-answer until `go_on` is set.

    `instead` are less probable answers; each begins with a token of its own.
    """

    def __init__(
        self,
        text: str = "",
        probability: float = 0.99,
        description: ModelDescription = DESCRIPTION,
        instead: Sequence[str] = (),
    ) -> None:
        self.text, self.probability, self.description, self.instead = text, probability, description, instead
        self.tokenizer = WordTokenizer()
        self.prompts: list[str] = []
        self.samplings: list[Sampling] = []
        self.started = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def hold(self) -> None:
        self.started.clear()
        self.go_on.clear()

    def generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        tokens = question.tokens
        turn = next((text for text in self.instead if self.tokenizer.encode(text)[0] == tokens[-1]), None)
        scripted = self.text if turn is None else turn
        begins_at = 0 if turn is None else 1

        self.prompts.append(self.tokenizer.decode(tokens))
        self.samplings.append(question.sampling)
        self.started.set()
        while not self.go_on.wait(0.01):
            cancellation.check()
        generated: list[int] = []
        ends: list[int] = []
        text, ended = "", True
        for token in self.tokenizer.encode(scripted)[begins_at:]:
            if len(generated) == question.max_new_tokens:
                ended = False
                break
            cancellation.check()
            generated.append(token)
            text = self.tokenizer.decode(generated)
            ends.append(len(text))
            if question.stop(text) or len(generated) * math.log(self.probability) < question.least_log_prob:
                ended = False
                break
        each = math.log(self.probability)
        stopped = ended or len(generated) < question.max_new_tokens
        firsts = tuple((self.tokenizer.encode(text)[0], -3.0) for text in self.instead)
        alternatives = tuple(firsts if index == 0 and question.alternatives else () for index in range(len(generated)))
        end, tokens = each if ended else None, tuple(generated)
        characters: tuple[str, ...] = ()
        if question.next_characters:
            chosen = [(token, each) for token in generated[:1]]
            characters = find_next_characters([*chosen, *firsts], "", self.tokenizer, None if generated else end)
        return Generated(
            text,
            tuple(ends),
            (each,) * len(ends),
            end,
            stopped,
            tokens=tokens,
            alternatives=alternatives,
            next_characters=characters,
        )


def at_cursor(source: str, language: str = "python", path: str = "main.py", **others: str) -> CompletionRequest:
    """A request from a source with a `<cursor>`; `others` are further open documents by name (dots as `_dot_`)."""
    before, after = source.split(CURSOR)
    documents = tuple(Document(name.replace("_dot_", "."), language, text) for name, text in others.items())
    return CompletionRequest(Cursor.between(before, after, path, language), documents)


def answer(text: str, probabilities: Sequence[float], end: float | None, *, mode: Mode = Mode.LINE) -> Generated:
    """Return a model's answer: one token for each word or symbol, with these probabilities."""
    tokenizer = WordTokenizer()
    ends, at = [], 0
    for token in tokenizer.encode(text):
        at += len(tokenizer.decode([token]))
        ends.append(at)
    assert len(ends) == len(probabilities), (ends, mode)
    return Generated(text, tuple(ends), tuple(map(math.log, probabilities)), None if end is None else math.log(end))
