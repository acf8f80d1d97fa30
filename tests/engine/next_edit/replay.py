"""An editor of texts in memory, whose user's changes become next edits."""

from __future__ import annotations

from engine.context.index import MemoryIndex
from engine.context.source import Source
from engine.next_edit.editor import NextEditor
from engine.next_edit.propose import propose
from engine.next_edit.values import Candidate, Diagnostic, Outcome, Proposal
from engine.types import Eagerness


class Typist:
    """Changes texts and asks what comes next."""

    def __init__(self, **files: str) -> None:
        self.files = {name.replace("_", ".", 1): text for name, text in files.items()}
        self.editor, self.index = NextEditor(), MemoryIndex()
        self.path, self.line = next(iter(self.files)), 0
        for path, text in self.files.items():
            self.editor.history.observe(path, text)
            self.index.put(Source(path, "", text))

    def sets(self, text: str, path: str = "") -> None:
        """Gives a file another text."""
        self.path = path or self.path
        old = self.files[self.path]
        self.files[self.path] = text
        self.editor.history.observe(self.path, text)
        self.index.put(Source(self.path, "", text))
        same = next((at for at, (a, b) in enumerate(zip(old, text, strict=False)) if a != b), min(len(old), len(text)))
        self.line = text.count("\n", 0, same)

    def replaces(self, old: str, new: str, path: str = "") -> None:
        """Changes the first occurrence."""
        assert old in self.files[path or self.path]
        self.sets(self.files[path or self.path].replace(old, new, 1), path)

    def asks(self, eagerness: Eagerness = Eagerness.BALANCED, *diagnostics: Diagnostic) -> Outcome:
        source = Source(self.path, "", self.files[self.path])
        situation = self.editor.situation(source, self.line, self.index, self._read, diagnostics)
        return propose(situation, self.editor.refused, eagerness)

    def considered(self, kind: str) -> list[Candidate]:
        return [each for each, _ in self.asks().considered if each.kind == kind]

    def accepts(self, proposal: Proposal) -> None:
        self.sets(applied(self.files[proposal.path], proposal), proposal.path)

    def _read(self, path: str) -> Source | None:
        text = self.files.get(path)
        return None if text is None else Source(path, "", text)


def applied(text: str, proposal: Proposal) -> str:
    return text[: proposal.start] + proposal.new_text + text[proposal.end :]
