"""A snapshot of a text, and a cursor in it.

This is the one place that cuts a document at its cursor, takes off its byte order mark and turns line ends into LF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from engine.languages import Language, language_of
from engine.text import CRLF, LF, line_end_at, with_lf

MAX_OTHERS = 30  # open documents that are looked at for a request, the last opened first
BYTE_ORDER_MARK = "\ufeff"
NEAR_CHARS = 40_000  # on each side of the cursor, a thousand lines: work within them does not grow with the file
MAX_DOCUMENT_CHARS = 1_000_000
MAX_CURSOR_LINE_CHARS = 2_000
# Editors close brackets and quotes as they are opened. Not shown to the model, they change nothing while the user
# types; the model closes what was opened itself, and the filters drop what is there already.
CLOSED_BY_THE_EDITOR = re.compile(r"""[)\]}"'`]+[;,]?[^\S\n]*(?=\n|\Z)""")


@dataclass(frozen=True)
class Document:
    """A snapshot of one text."""

    path: str  # as a prompt may show it: relative to its workspace folder if it has one
    language: str  # the LSP languageId
    text: str
    file: Path | None = None  # where it is on disk; None for text without a file (untitled, a notebook's cell)
    root: Path | None = None  # the workspace folder that holds it; no file outside of it is read for this document
    origin: Path | None = None  # without a file: the one that this is a version or a part of, whose rules count


@dataclass(frozen=True)
class Cursor:
    """A position in a document, and the text on its two sides, with LF line ends and without a byte order mark."""

    document: Document
    offset: int  # code points into `document.text`; an offset outside of the text is moved to its nearer end

    @classmethod
    def between(cls, prefix: str, suffix: str, path: str = "", language: str = "") -> Cursor:
        """Return the cursor between two texts."""
        return cls(Document(path, language, prefix + suffix), len(prefix))

    def __post_init__(self) -> None:
        object.__setattr__(self, "offset", max(0, min(self.offset, len(self.document.text))))

    @cached_property
    def prefix(self) -> str:
        """The text before the cursor."""
        return self._cut(0, self.offset)

    @cached_property
    def suffix(self) -> str:
        """The text after the cursor."""
        return self._cut(self.offset, len(self.document.text))

    @cached_property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return self.prefix[self.prefix.rfind(LF) + 1 :]

    @cached_property
    def line_after(self) -> str:
        """The rest of the cursor's line."""
        end = self.suffix.find(LF)
        return self.suffix if end < 0 else self.suffix[:end]

    @cached_property
    def shown_suffix(self) -> str:
        """The suffix as the model sees it: without the brackets and quotes that an editor puts after the cursor."""
        closed = CLOSED_BY_THE_EDITOR.match(self.suffix)
        return self.suffix[closed.end() :] if closed else self.suffix

    @cached_property
    def language(self) -> Language:
        """The document's language."""
        return language_of(self.document.language, self.document.path)

    @cached_property
    def line_end(self) -> str:
        """The line end of the lines around the cursor."""
        return line_end_at(self.document.text, self.offset)

    @cached_property
    def near_prefix(self) -> str:
        """The text shortly before the cursor."""
        return self._cut(max(0, self.offset - NEAR_CHARS), self.offset)

    @cached_property
    def near_suffix(self) -> str:
        """The text shortly after the cursor."""
        return self._cut(self.offset, self.offset + NEAR_CHARS)

    @cached_property
    def near(self) -> Cursor:
        """The same cursor in the text around it alone, with LF line ends."""
        near = Cursor(replace(self.document, text=self.near_prefix + self.near_suffix), len(self.near_prefix))
        vars(near).update(prefix=self.near_prefix, suffix=self.near_suffix)  # cut already
        return near

    @cached_property
    def why_not_completed(self) -> str:
        """Why the document gets no completion here, or "" if it does."""
        text = self.document.text
        if len(text) > MAX_DOCUMENT_CHARS:
            return f"the file is larger than {MAX_DOCUMENT_CHARS:,} characters"
        if "\0" in text:
            return "the file is binary"
        if len(self.line_before) + len(self.line_after) > MAX_CURSOR_LINE_CHARS:
            return f"the line is longer than {MAX_CURSOR_LINE_CHARS:,} characters: minified or generated"
        if not self.prefix.strip() and not self.suffix.strip():
            return "the file is empty"
        return ""

    def after_typing(self, typed: str, below: str = "") -> Cursor:
        """Return the cursor once `typed` is inserted before it and `below` after it, with the lines' own ends."""
        before, after = self.document.text[: self.offset], self.document.text[self.offset :]
        typed, below = self.with_line_ends(typed), self.with_line_ends(below)
        return Cursor(replace(self.document, text=before + typed + below + after), self.offset + len(typed))

    def before_typing(self, typed: str) -> Cursor:
        """Return the cursor as it was before `typed`, which ends at it, was inserted, with line ends of any kind."""
        start = self.offset
        for character in reversed(with_lf(typed)):
            is_crlf = character == LF and self.document.text.endswith(CRLF, 0, start)
            start = max(0, start - (2 if is_crlf else 1))
        text = self.document.text[:start] + self.document.text[self.offset :]
        return Cursor(replace(self.document, text=text), start)

    def with_line_ends(self, text: str) -> str:
        """Return `text` with the line ends of the lines around the cursor."""
        return with_lf(text).replace(LF, self.line_end) if LF in text else text

    def _cut(self, start: int, end: int) -> str:
        text = self.document.text[start:end]
        return with_lf(text if start else text.removeprefix(BYTE_ORDER_MARK))


@lru_cache(maxsize=10_000)
def real_path(path: Path) -> Path:
    """Return where a path leads, links followed. Remembered until `exclusion.forget`, whatever becomes of a link."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # RuntimeError: links in a circle, before Python 3.13
        return path
