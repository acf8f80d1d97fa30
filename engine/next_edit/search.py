"""Next edits of one workspace folder, from texts as an editor has them. Owned by the thread that owns the index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engine.context.index import Index, MemoryIndex
from engine.context.source import Source
from engine.context.workspace import WorkspaceIndex
from engine.document import Document
from engine.next_edit.disk import read_current, source_to_edit
from engine.next_edit.editor import NextEditor
from engine.next_edit.propose import propose
from engine.next_edit.values import Diagnostic, Outcome, Proposal
from engine.text import with_lf
from engine.types import Eagerness


@dataclass(frozen=True)
class EditorTexts:
    """The open documents of a folder, the one with the cursor first."""

    documents: tuple[Document, ...]

    @cached_property
    def key(self) -> tuple[tuple[str, str], ...]:
        """What a result depends on."""
        return tuple((document.path, document.text) for document in self.documents)


class Search:
    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._editor = NextEditor()
        self._line = -1

    def propose(
        self,
        texts: EditorTexts,
        line: int,
        index: WorkspaceIndex | None,
        diagnostics: tuple[Diagnostic, ...] = (),
        eagerness: Eagerness = Eagerness.BALANCED,
    ) -> Outcome:
        """Take the texts as they are, and return what follows from their changes.

        A `line` below 0 is where the last change was.
        """
        open_texts: dict[str, Source | None] = {}
        for document in texts.documents:
            open_texts[document.path] = source_to_edit(document.path, document.language, document.text)
            self._editor.history.observe(document.path, with_lf(document.text))
        own = texts.documents[0]
        source = open_texts[own.path]
        if source is None or (index is not None and not index.allows(own.path)):
            return Outcome(silence="the file is generated, ignored, or no text to edit")
        if line < 0:
            hunks = [hunk for hunk in self._editor.history.trail().hunks if hunk.path == own.path]
            line = max(hunks[-1].end - 1, 0) if hunks else 0

        def read(path: str) -> Source | None:
            if path in open_texts:
                return open_texts[path]
            if self._root is None or index is None or not index.allows(path):
                return None
            return read_current(self._root, path)

        def ask(held: Index) -> Outcome:
            situation = self._editor.situation(source, line, held, read, diagnostics)
            return propose(situation, self._editor.refused, eagerness)

        if index is None:
            return ask(MemoryIndex())
        index.edited(own.path, own.language, own.text)
        return index.query(ask)

    def observe(self, path: str, text: str) -> None:
        """Take a text as it was before what is looked at next."""
        self._editor.history.observe(path, with_lf(text))

    def refuse(self, proposal: Proposal, text: str) -> None:
        """Never propose this change again; `text` is what it would have changed."""
        self._editor.refuse(proposal, Source(proposal.path, "", text))
