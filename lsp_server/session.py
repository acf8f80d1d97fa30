"""What one editor's connection owns: its settings and the completion under way. Lives on the event loop only."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.types import CancellationToken
from lsp_server.model_worker import ModelWorker
from lsp_server.settings import Settings


@dataclass
class Session:
    worker: ModelWorker
    settings: Settings = field(default_factory=Settings)
    faults_said: set[str] = field(default_factory=set)
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

    def stop(self) -> None:
        for token in self._running.values():
            token.cancel()
        self.worker.stop()
