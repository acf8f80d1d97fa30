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
    """A fault that the user can act on. The message says what was wrong, where, and what to do."""


class EngineUnavailableError(EngineError):
    """There is no engine process now. A later request tries again."""


class PrivateTextError(EngineError):
    """A text that may not leave this machine, and a model that is not on it."""


class ModelError(EngineError):
    """A model folder that cannot be used."""


class Cancelled(Exception):  # noqa: N818 - it is not an error
    """The caller no longer wants the answer."""


class CancellationToken:
    """Set by the owner of a request, watched by whoever works on it. May be used from several threads."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def cancel(self) -> None:
        with self._lock:
            self._event.set()
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            callback()

    @contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call `callback` if `cancel` is called inside the block, in its caller's thread; at once if it already was."""
        with self._lock:
            self._callbacks.append(callback)
        if self._event.is_set():
            callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if `cancel` was called."""
        if self._event.is_set():
            raise Cancelled


class Mode(Enum):
    """How much to generate: the rest of a line, or a block of lines."""

    LINE = "LINE"
    BLOCK = "BLOCK"


class Eagerness(Enum):
    """How much the user wants to see: fewer, more accurate suggestions, or more of them with more mistakes."""

    FEW = "few"
    BALANCED = "balanced"
    MANY = "many"


class Priority(IntEnum):
    """What is served first: what the user waits for while typing, then what they read, then what they may want next."""

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
    """What a user may choose for completions."""

    confidence: float | None = None  # the least that is shown, 0..1; None: the model's own for `eagerness`
    eagerness: Eagerness = Eagerness.BALANCED
    max_new_tokens: int = 64
    max_prompt_tokens: int = 1024
    use_context: bool = True
    excluded: tuple[str, ...] = ()  # glob patterns of files whose text is not sent to a server


@dataclass(frozen=True)
class Snippet:
    """Lines of another place that may help."""

    path: str
    start_line: int  # counted from 0
    end_line: int  # exclusive
    text: str
    score: float
    reason: str  # why it was chosen, in words


@dataclass(frozen=True)
class SnippetUse:
    """A snippet in a prompt."""

    snippet: Snippet
    tokens: int  # what it takes of the token budget


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
    """How the next token is chosen: the most probable one, or one drawn from the most probable ones."""

    temperature: float = 0.0  # 0 is greedy: always the most probable token
    top_p: float = 1.0  # draw from the tokens that together have this probability
    top_k: int = 0  # draw from so many tokens; 0: from all
    seed: int | None = None  # of the model's random numbers; None leaves it to the model

    @property
    def is_greedy(self) -> bool:
        return self.temperature == 0


GREEDY = Sampling()


class LostAnswerError(EngineError):
    """An answer that was lost in the middle."""

    def __init__(self, message: str, partial: Generated) -> None:
        super().__init__(message)
        self.partial = partial  # what had come


@dataclass(frozen=True)
class Completion:
    """Text to insert at the cursor, with the document's own line ends."""

    text: str
    mode: Mode
    confidence: float  # 0..1


@dataclass(frozen=True)
class Outcome:
    """What became of a request: a completion, or None and the reason in words; and the receipt of how."""

    completion: Completion | None
    silence: str = ""  # why there is no completion
    prompt: Prompt | None = None
    generated: Generated | None = None
    snippets: tuple[Snippet, ...] = ()
    stages_ms: dict[str, float] = field(default_factory=dict)
