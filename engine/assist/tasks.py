"""Requests and answers: the values that pass between the stages, all frozen.

Offsets are code points in `Document.text`; lines count from 0, ends are exclusive. Prompts and answers have LF line
ends; an `Edit` has those of the lines around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from engine.document import Document
from engine.languages import Language, language_of
from engine.prompt.chat import Turn
from engine.prompt.system_prompts import HumanLanguage


class AssistTask(Enum):
    """`COMMENT` comments lines, `DOCUMENT` writes doc comments. `EDIT` follows an instruction, `FIX` a diagnostic."""

    ASK = "ask"
    EXPLAIN = "explain"
    COMMENT = "comment"
    DOCUMENT = "document"
    TRANSLATE = "translate"
    FIX = "fix"
    TESTS = "tests"
    EDIT = "edit"
    COMMIT = "commit"


REPLACES = frozenset({AssistTask.COMMENT, AssistTask.DOCUMENT, AssistTask.FIX, AssistTask.EDIT})  # the selection
COMMENTS_ONLY = frozenset({AssistTask.COMMENT, AssistTask.DOCUMENT})
NEW_CODE = frozenset({AssistTask.TRANSLATE, AssistTask.TESTS})  # that stands in a document of its own
GIVES_CODE = REPLACES | NEW_CODE


@dataclass(frozen=True)
class AssistRequest:
    """What the user wants, and where."""

    task: AssistTask
    words: HumanLanguage = "en"  # the language of the answer
    question: str = ""  # of ASK; the instruction of EDIT, the diagnostic of FIX
    document: Document | None = None
    selection: tuple[int, int] | None = None  # start and end in `document.text`; None: the whole document
    others: tuple[Document, ...] = ()  # the other open documents, the last viewed first
    history: tuple[Turn, ...] = ()  # the conversation so far, the oldest turn first
    target: str = ""  # the languageId to translate to
    diff: str = ""  # of COMMIT
    searches: bool = True  # False: nothing is searched in the workspace, and mentions are plain text
    roots: tuple[Path, ...] = ()  # the workspace folders
    excluded: tuple[str, ...] = ()  # glob patterns of files that are not shown to a model

    @property
    def language(self) -> Language:
        """The document's language; plain text without a document."""
        return language_of(self.document.language, self.document.path) if self.document else language_of("plaintext")


@dataclass(frozen=True)
class AssistSettings:
    """Limits in tokens of the model. The length of its context limits both further."""

    max_prompt_tokens: int = 4096
    max_new_tokens: int = 1024


@dataclass(frozen=True)
class Reference:
    """Lines that may help with an answer."""

    path: str  # as the prompt and the user see it
    start_line: int
    end_line: int
    text: str
    language: str
    reason: str  # why the lines were chosen, in the language of the answer
    symbol: str = ""  # what the lines declare
    file: Path | None = None  # on disk
    may_be_cut: bool = False  # if it does not fit whole; otherwise it is left out


@dataclass(frozen=True)
class Edit:
    """Replaces the range from `start` to `end` of the request's document by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    text: str  # Markdown, as the model generated it; a list of places from a model that cannot converse
    sources: tuple[Reference, ...] = ()  # in the prompt
    notices: tuple[str, ...] = ()  # what was left out
    warnings: tuple[str, ...] = ()  # what the checks found and could not be repaired
    code: str = ""  # of tasks that give code
    language: str = ""  # of the code
    edit: Edit | None = None  # that puts the code in its place
    converses: bool = True  # False: the model did not take part
    is_cut_off: bool = False


@dataclass(frozen=True)
class AnswerListener:
    """Called in the thread that makes the answer."""

    on_text: Callable[[str], None] = lambda _: None  # with the text that was added
    on_stage: Callable[[str], None] = lambda _: None  # "answering", "checking", "repairing": the answer begins again
