"""The values that pass between stages, all frozen, and the errors a user may read.

Positions are offsets in code points into `Document.text`; only `lsp_server` knows UTF-16.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import NamedTuple

from engine.document import Cursor, Document
from engine.generated import Generated


class EngineError(Exception):
    """Something the user can act on. The message says what was wrong, where, and what to do."""


class ModelError(EngineError):
    """A model folder that cannot be used."""


class Cancelled(Exception):  # noqa: N818 - it is not an error
    """The caller no longer wants the answer."""


class CancellationToken:
    """Set by the owner of a request, watched by whoever works on it. May be used from several threads."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._told: list[Callable[[], None]] = []
        self._telling = threading.Lock()

    def cancel(self) -> None:
        with self._telling:
            self._event.set()
            told = tuple(self._told)
        for tell in told:
            tell()

    @contextmanager
    def telling(self, tell: Callable[[], None]) -> Iterator[None]:
        """Inside, `tell` is called when `cancel` is, in the caller's thread; at once where that has happened."""
        with self._telling:
            self._told.append(tell)
        if self._event.is_set():
            tell()
        try:
            yield
        finally:
            with self._telling:
                self._told.remove(tell)

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raises `Cancelled` once `cancel` was called."""
        if self._event.is_set():
            raise Cancelled


class Mode(Enum):
    """How much is asked for: the rest of a line, or a block of lines."""

    LINE = "LINE"
    BLOCK = "BLOCK"


class Eagerness(Enum):
    """How much a person wants to see: few suggestions that are right, or many of which more are wrong."""

    FEW = "few"
    BALANCED = "balanced"
    MANY = "many"


class Priority(IntEnum):
    """Who is served first: what a person waits for while typing, then what they read, then what they may want next."""

    COMPLETION = 0
    CHAT = 1
    WARM_UP = 2


class LineRange(NamedTuple):
    """Lines of a file, counted from 0."""

    start: int
    end: int  # exclusive


class EditedFile(NamedTuple):
    """Where the user edited a file, the place of the last edit first."""

    path: str
    ranges: tuple[LineRange, ...]


class Location(NamedTuple):
    """A line of a file, counted from 0."""

    path: str
    line: int


@dataclass(frozen=True)
class CompletionRequest:
    """What an editor asks for: a completion at a cursor, and what may help to find it."""

    cursor: Cursor
    open_documents: tuple[Document, ...] = ()  # except for the cursor's, the last looked at first
    mode: Mode | None = None  # None lets the engine decide
    recent_edits: tuple[EditedFile, ...] = ()  # in other files of the cursor's folder, the last edited first
    definitions: tuple[Location, ...] = ()  # of the names at the cursor, as the editor knows them, the nearest first


@dataclass(frozen=True)
class CompletionSettings:
    """What a user may choose of a completion.

    `confidence` is the least estimated probability that what is shown is right to its end; None takes the model
    folder's calibrated value for `eagerness`. `max_new_tokens` and `max_prompt_tokens` are counted by the model's
    tokenizer.
    """

    confidence: float | None = None
    eagerness: Eagerness = Eagerness.BALANCED
    max_new_tokens: int = 64
    max_prompt_tokens: int = 1024
    use_context: bool = True


@dataclass(frozen=True)
class Snippet:
    """Lines of another place that may help: `start_line` and `end_line` count from 0, the end is exclusive."""

    path: str
    start_line: int
    end_line: int
    text: str
    score: float
    reason: str


@dataclass(frozen=True)
class SnippetUse:
    """A snippet that entered the prompt, and what it took of the budget."""

    snippet: Snippet
    tokens: int


@dataclass(frozen=True)
class Prompt:
    """Token ids, ready for the model, and the account of what they hold. All counts are in tokens."""

    tokens: tuple[int, ...]
    mode: Mode
    prefix_tokens: int
    suffix_tokens: int
    used: tuple[SnippetUse, ...] = ()
    prefix_end: int = 0  # the end of the prefix in `tokens`
    stable_tokens: int = 0  # so many first tokens will begin the next prompts too, while their line is being typed


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen. `temperature` 0 is greedy: always the most probable one.

    Otherwise one is drawn from the `top_k` most probable (0: all) that together have probability `top_p`. `seed` starts
    the model's random numbers; None leaves that to the model.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None

    @property
    def is_greedy(self) -> bool:
        return self.temperature == 0


GREEDY = Sampling()


class BrokenOffError(EngineError):
    """An answer that was lost in the middle: `said` is what had come."""

    def __init__(self, message: str, said: Generated) -> None:
        super().__init__(message)
        self.said = said


@dataclass(frozen=True)
class Completion:
    """Text to insert at the cursor, with the document's own line ends. `confidence` is in 0..1."""

    text: str
    mode: Mode
    confidence: float


@dataclass(frozen=True)
class Outcome:
    """What became of a request: a completion, or None and the reason in words; and the receipt of how."""

    completion: Completion | None
    silence: str = ""
    prompt: Prompt | None = None
    generated: Generated | None = None
    snippets: tuple[Snippet, ...] = ()
    stages_ms: dict[str, float] = field(default_factory=dict)
