"""What one user's next edits are derived from: the history, and what was refused. Owned by one thread."""

from __future__ import annotations

from collections import deque

from engine.context.index import Index
from engine.context.source import Source
from engine.next_edit.files import IndexedFiles, Reader
from engine.next_edit.history import EditHistory
from engine.next_edit.restraint import Change, change_of
from engine.next_edit.values import Diagnostic, Proposal, Situation

MAX_REFUSED = 50


class NextEditor:
    def __init__(self) -> None:
        self.history = EditHistory()
        self.refused: deque[Change] = deque(maxlen=MAX_REFUSED)  # the oldest are forgotten

    def situation(
        self, source: Source, line: int, index: Index, read: Reader, diagnostics: tuple[Diagnostic, ...] = ()
    ) -> Situation:
        """Return what the sources look at, with the cursor on a line of `source`."""
        return Situation(source, line, self.history.trail(), IndexedFiles(index, read), diagnostics)

    def refuse(self, proposal: Proposal, source: Source) -> None:
        """Never propose this change again, wherever its lines have moved."""
        self.refused.append(change_of(proposal.candidate, source))
