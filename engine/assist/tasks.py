"""What can be asked, and what is answered: the values that pass between the stages, all frozen.

Offsets are code points in `Document.text`; lines count from 0, ends are exclusive. Prompts and answers have LF line
ends; an `Edit` has the document's own.
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
    """`question` is ASK's question, EDIT's instruction, FIX's diagnostic; `words` the human language of the answer.

    `selection` is (start, end) in `document.text`; None is the whole document. `others` are the documents open beside
    it, the last looked at first. `history` are questions and answers before this one, the oldest first. `target` is the
    languageId to translate to, `diff` what a commit message is for. `searches`: the workspace is looked through for
    what may help, and mentions count; otherwise the question is a text as any other.
    """

    task: AssistTask
    words: HumanLanguage = "en"
    question: str = ""
    document: Document | None = None
    selection: tuple[int, int] | None = None
    others: tuple[Document, ...] = ()
    history: tuple[Turn, ...] = ()
    target: str = ""
    diff: str = ""
    searches: bool = True

    @property
    def language(self) -> Language:
        """The document's language; plain text without a document."""
        return language_of(self.document.language, self.document.path) if self.document else language_of("plaintext")


@dataclass(frozen=True)
class AssistSettings:
    """In tokens of the model; both are bounded by what its context holds."""

    max_prompt_tokens: int = 4096
    max_new_tokens: int = 1024


@dataclass(frozen=True)
class Reference:
    """Lines that may help with an answer; `path` is what the prompt and the person are shown.

    `file` is where it lies on disk, where it does. `reason` says in the answer's language why it is there. `symbol` is
    what the lines declare, where they declare something.
    """

    path: str
    start_line: int
    end_line: int
    text: str
    language: str
    reason: str
    symbol: str = ""
    file: Path | None = None
    may_be_cut: bool = False  # where it does not fit whole; otherwise it is left out


@dataclass(frozen=True)
class Edit:
    """`text` in the place of (start, end) of the document that was asked about."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Answer:
    """`text` is markdown, as it was said, or, of a model that cannot converse, what was found.

    `sources` are what the prompt held. `notices` say what was left out, `warnings` what the checks found and could not
    be repaired. `code` is the answer's code in `language`, for tasks that give code; `edit` puts it in its place.
    """

    text: str
    sources: tuple[Reference, ...] = ()
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    code: str = ""
    language: str = ""
    edit: Edit | None = None
    converses: bool = True
    is_cut_off: bool = False


@dataclass(frozen=True)
class Watcher:
    """Told how an answer goes on, in the thread that makes it.

    `on_text` is told what was added. `on_stage` is told "answering", "checking" and "repairing"; with "repairing" the
    answer begins anew.
    """

    on_text: Callable[[str], None] = lambda _: None
    on_stage: Callable[[str], None] = lambda _: None
