"""What one editor's connection owns: its settings, the completion under way, what the model said before.

Lives on the event loop only.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from engine.completion.cache import CompletionCache, Place
from engine.context.workspace import WorkspaceIndex
from lsp_server.completion.cancellation import RequestToken
from lsp_server.completion.in_flight import InFlightCompletion
from lsp_server.completion.offers import Offers
from lsp_server.completion.prefetch import Prefetch
from lsp_server.completion.typing_rhythm import TypingRhythm
from lsp_server.models.answers import AnswerWorker
from lsp_server.models.worker import ModelWorker
from lsp_server.settings import Settings

MAX_RECENT_FILES = 20
MAX_RECENT_RANGES = 8  # of one file
JOINED_LINES = 3  # edits that lie no further apart are one place


@dataclass
class Session:
    worker: ModelWorker
    settings: Settings = field(default_factory=Settings)
    answers: AnswerWorker = field(default_factory=AnswerWorker)
    indexes: dict[Path, WorkspaceIndex] = field(default_factory=dict)  # by workspace folder, as the client names it
    rhythm: TypingRhythm = field(default_factory=TypingRhythm)
    offers: Offers = field(default_factory=Offers)
    asking: dict[str, InFlightCompletion] = field(default_factory=dict)  # the last question about each document
    defined: dict[str, tuple[tuple[str, int], ...]] = field(
        default_factory=dict
    )  # see `CompletionRequest`; by document
    all_asked: Place | None = None  # the last place for which every candidate is in the cache
    _cache: CompletionCache = field(default_factory=CompletionCache)
    _cached_for: Settings | None = None
    _changes: int = 0  # of all that the model may be shown
    _own_changes: dict[str, int] = field(default_factory=dict)  # of these, a document's own
    _dismissed: dict[str, int] = field(default_factory=dict)  # the offset in each document where none is wanted
    _recent: OrderedDict[tuple[Path, str], list[tuple[int, int]]] = field(default_factory=OrderedDict)
    _running: dict[str, RequestToken] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.prefetch = Prefetch(self.rhythm.wait_for_pause)

    @property
    def cache(self) -> CompletionCache:
        """What the model said under the settings of now."""
        if self._cached_for is not self.settings:
            self._cache.clear()
            self._cached_for, self.all_asked = self.settings, None
        return self._cache

    def epoch(self, uri: str) -> int:
        """Changes with all that the model may be shown beside the document itself."""
        return self._changes - self._own_changes.get(uri, 0)

    def text_changed(self, uri: str) -> None:
        """A document was opened or edited."""
        self._changes += 1
        self._own_changes[uri] = self._own_changes.get(uri, 0) + 1
        self._dismissed.pop(uri, None)

    def context_changed(self) -> None:
        """Files that are not open were changed, or are shown no more."""
        self._changes += 1

    def dismiss(self, uri: str, offset: int) -> None:
        """None is wanted there until the text changes."""
        self._dismissed[uri] = offset
        self.cache.take_off_screen(uri)

    def is_dismissed(self, uri: str, offset: int) -> bool:
        return self._dismissed.get(uri) == offset

    def closed(self, uri: str) -> None:
        """A document was closed."""
        self.cancel(uri)
        if asking := self.asking.pop(uri, None):
            asking.cancel()
        self.cache.drop(uri)
        self._dismissed.pop(uri, None)
        self._own_changes.pop(uri, None)
        self.defined.pop(uri, None)
        self._changes += 1

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for a completion."""
        return not self._running

    def supersede(self, uri: str) -> RequestToken:
        """The token of a new request for `uri`; the previous one of the same document is cancelled."""
        self.cancel(uri)
        token = self._running[uri] = RequestToken()
        return token

    def cancel(self, uri: str) -> None:
        """What was asked of `uri` is no longer wanted."""
        if previous := self._running.pop(uri, None):
            previous.cancel()

    def finished(self, uri: str, token: RequestToken) -> None:
        if self._running.get(uri) is token:
            del self._running[uri]

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
        for asking in self.asking.values():
            asking.cancel()
        self.prefetch.cancel()
        self.answers.stop()
        self.worker.stop()
