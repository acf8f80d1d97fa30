"""What one editor's connection owns: its settings and the completion under way. Lives on the event loop only."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from engine.context.workspace import WorkspaceIndex
from engine.types import CancellationToken
from lsp_server.answer_worker import AnswerWorker
from lsp_server.model_worker import ModelWorker
from lsp_server.settings import Settings

MAX_RECENT_FILES = 20
MAX_RECENT_RANGES = 8  # of one file
JOINED_LINES = 3  # edits that lie no further apart are one place


@dataclass
class Session:
    worker: ModelWorker
    settings: Settings = field(default_factory=Settings)
    answers: AnswerWorker = field(default_factory=AnswerWorker)
    locale: str = ""  # of the editor, as "zh-cn"
    faults_said: set[str] = field(default_factory=set)
    indexes: dict[Path, WorkspaceIndex] = field(default_factory=dict)  # by workspace folder, as the client names it
    _recent: OrderedDict[tuple[Path, str], list[tuple[int, int]]] = field(default_factory=OrderedDict)
    _running: dict[str, CancellationToken] = field(default_factory=dict)

    def supersede(self, uri: str) -> CancellationToken:
        """The token of a new request for `uri`; the previous one of the same document is cancelled."""
        self.cancel(uri)
        token = self._running[uri] = CancellationToken()
        return token

    def cancel(self, uri: str) -> None:
        """What was asked of `uri` is no longer wanted."""
        if previous := self._running.pop(uri, None):
            previous.cancel()

    def finished(self, uri: str, token: CancellationToken) -> None:
        if self._running.get(uri) is token:
            del self._running[uri]

    def is_new_fault(self, message: str) -> bool:
        """True the first time a message comes up: a fault that repeats with every key is said once."""
        new = message not in self.faults_said
        self.faults_said.add(message)
        return new

    def remember_edit(self, root: Path, path: str, first_line: int, end_line: int) -> None:
        """Keeps a place that was edited, the last file first, the last place of a file first."""
        places = self._recent.setdefault((root, path), [])
        for known in places:
            if known[0] - JOINED_LINES <= end_line and first_line <= known[1] + JOINED_LINES:
                places.remove(known)
                first_line, end_line = min(first_line, known[0]), max(end_line, known[1])
                break
        places.insert(0, (first_line, end_line))
        del places[MAX_RECENT_RANGES:]
        self._recent.move_to_end((root, path), last=False)
        while len(self._recent) > MAX_RECENT_FILES:
            self._recent.popitem()

    def recent_edits(self, root: Path | None, but: str) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
        """(path, places) of the files of a folder edited last, without the file `but`."""
        return tuple((path, tuple(places)) for (at, path), places in self._recent.items() if at == root and path != but)

    def stop(self) -> None:
        for index in self.indexes.values():
            index.stop(wait=False)
        self.indexes.clear()
        for token in self._running.values():
            token.cancel()
        self.answers.stop()
        self.worker.stop()
