"""When next edits are looked for: in a pause, before they are asked for, in the thread that owns the indexes."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import from_fs_path

from engine.text import LF, line_end_at, with_lf
from lsp_server.completion.document_state import OpenDocuments
from lsp_server.models.worker import ModelWorker
from lsp_server.settings import Settings
from lsp_server.workspace.documents import EditorWorkspace
from lsp_server.workspace.folders import WorkspaceFolders

if TYPE_CHECKING:  # imported with the first look
    from engine.next_edit.search import EditorTexts, Search
    from engine.next_edit.values import Diagnostic, Outcome, Proposal

PAUSE_SECONDS = 0.2  # without a change, before next edits are looked for
COOLDOWN_SECONDS = 5.0  # of silence after a refusal
NEAR_LINES = 1  # so far from the last change, a cursor is still there
MAX_REMEMBERED = 100  # edits that can still be accepted or refused


@dataclass(frozen=True)
class NextEdit:
    """A next edit that was offered. Offsets are code points of a text with LF line ends."""

    id: str
    uri: str
    version: int | None  # of the document that it changes; None if that is not open
    text: str  # that it changes, with LF line ends
    new_text: str  # with the document's own line ends
    proposal: Proposal


@dataclass(frozen=True)
class _Look:
    """What was found, and for what: it counts for the same texts only."""

    texts: tuple[tuple[str, str], ...]
    outcome: Outcome


class NextEditProvider:
    """On the event loop."""

    def __init__(
        self,
        worker: ModelWorker,
        folders: WorkspaceFolders,
        documents: OpenDocuments,
        workspace: Callable[[], EditorWorkspace],
    ) -> None:
        self._worker, self._folders, self._documents, self._workspace = worker, folders, documents, workspace
        self._settings = Settings()
        self._searches: dict[Path | None, Search] = {}  # used in the worker's thread only
        self._known: OrderedDict[str, NextEdit] = OrderedDict()
        self._looks: dict[str, _Look] = {}  # the last one at each document
        self._numbers = itertools.count(1)
        self._pause: asyncio.Task[None] | None = None
        self._quiet_until = 0.0

    def apply_settings(self, settings: Settings) -> None:
        self._settings = settings
        self._looks.clear()

    def serves(self, language: str) -> bool:
        return self._settings.serves(language) and self._settings.proposes_next_edits

    def opened(self, uri: str) -> None:
        """Remember the text that later changes are compared with."""
        workspace = self._workspace()
        document = workspace.snapshot(workspace.get_text_document(uri))
        self._worker.submit(lambda: self._search(document.root).observe(document.path, document.text))

    def changed(self, uri: str) -> None:
        """Look once nothing has changed for a while."""
        if not self._settings.enable or not self._settings.proposes_next_edits:
            return
        if self._pause:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().create_task(self._look_in_pause(uri))

    def closed(self, uri: str) -> None:
        self._looks.pop(uri, None)

    def stop(self) -> None:
        if self._pause:
            self._pause.cancel()

    async def suggest(
        self, uri: str, line: int, diagnostics: tuple[Diagnostic, ...] = (), *, wanted: bool = False
    ) -> tuple[list[NextEdit], str]:
        """Return what the user probably changes next, the most probable first; or nothing, and why.

        `wanted`: the user has asked, and no earlier refusal counts.
        """
        if not wanted and time.monotonic() < self._quiet_until:
            return [], "a next edit was refused a moment ago"
        document = self._workspace().get_text_document(uri)
        version = document.version
        outcome = await self._look(uri, line, diagnostics)
        if not self._workspace().is_open(uri) or self._workspace().get_text_document(uri).version != version:
            return [], "the document has changed meanwhile"
        edits = [edit for proposal in outcome.proposals if (edit := self._remember(uri, proposal))]
        return edits, "" if edits else outcome.silence or "the file has changed meanwhile"

    def ready(self, uri: str) -> NextEdit | None:
        """Return the best edit that was found for the document as it is; nothing is looked for."""
        look = self._looks.get(uri)
        if look is None or look.texts != self._texts_of(uri).key:
            return None
        return next((edit for proposal in look.outcome.proposals if (edit := self._remember(uri, proposal))), None)

    def get(self, number: str) -> NextEdit | None:
        return self._known.get(number)

    def is_current(self, edit: NextEdit) -> bool:
        """True if the text that an edit changes is still the one it was made for."""
        workspace = self._workspace()
        if workspace.is_open(edit.uri):
            return with_lf(workspace.get_text_document(edit.uri).source) == edit.text
        from engine.next_edit.disk import read_current

        place = workspace.locate(edit.uri)
        source = read_current(place.root, place.path) if place else None
        return source is not None and source.text == edit.text

    def accept(self, number: str) -> None:
        """Note that an edit was made. The one that follows is looked for when its change arrives."""
        self._known.pop(number, None)

    async def refuse(self, number: str) -> None:
        """Never propose this change again, and nothing at all for a moment."""
        edit = self._known.pop(number, None)
        if edit is None:
            return
        self._quiet_until = time.monotonic() + COOLDOWN_SECONDS
        self._looks.clear()
        root = self._root_of(edit.uri)
        await self._worker.search(lambda: self._search(root).refuse(edit.proposal, edit.text))

    async def _look_in_pause(self, uri: str) -> None:
        """Look at where the last change was. A completion that is waited for goes first."""
        await asyncio.sleep(PAUSE_SECONDS)
        while self._documents.is_any_waiting:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(PAUSE_SECONDS)
        workspace = self._workspace()
        if not workspace.is_open(uri) or not self.serves(workspace.get_text_document(uri).language_id or ""):
            return
        with suppress(RuntimeError):  # the session has ended
            await self._look(uri, -1)

    async def _look(self, uri: str, line: int, diagnostics: tuple[Diagnostic, ...] = ()) -> Outcome:
        texts = self._texts_of(uri)
        known = self._looks.get(uri)
        is_known = known is not None and not diagnostics and known.texts == texts.key
        if known and is_known and (line < 0 or abs(known.outcome.line - line) <= NEAR_LINES):
            return known.outcome
        root, eagerness = self._root_of(uri), self._settings.completion.eagerness
        index = self._folders.indexes.get(root) if root else None
        outcome = await self._worker.search(
            lambda: self._search(root).propose(texts, line, index, diagnostics, eagerness)
        )
        self._looks[uri] = _Look(texts.key, outcome)
        return outcome

    def _search(self, root: Path | None) -> Search:
        from engine.next_edit.search import Search

        return self._searches.setdefault(root, Search(root))

    def _texts_of(self, uri: str) -> EditorTexts:
        """Return the open documents of the folder that holds a document, that one first."""
        from engine.next_edit.search import EditorTexts

        workspace = self._workspace()
        own = workspace.snapshot(workspace.get_text_document(uri))
        documents = [own]
        if own.root is not None:
            for other in workspace.text_documents.values():
                snapshot = workspace.snapshot(other)
                if snapshot.root == own.root and snapshot.path != own.path:
                    documents.append(snapshot)
        return EditorTexts(tuple(documents))

    def _remember(self, uri: str, proposal: Proposal) -> NextEdit | None:
        """Return an edit with an id, or None if the document that it changes is another by now."""
        workspace = self._workspace()
        root = self._root_of(uri)
        own = workspace.snapshot(workspace.get_text_document(uri))
        target = uri if own.path == proposal.path else from_fs_path(str(root / proposal.path)) if root else None
        if target is None:
            return None
        version, end = None, LF
        if workspace.is_open(target):
            document = workspace.get_text_document(target)
            place = document.offset_at_position(types.Position(proposal.line, 0))
            version, end = document.version, line_end_at(document.source, place)
        new_text = proposal.new_text.replace(LF, end)
        edit = NextEdit(f"next-edit-{next(self._numbers)}", target, version, proposal.text, new_text, proposal)
        if not self.is_current(edit):
            return None
        self._known[edit.id] = edit
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return edit

    def _root_of(self, uri: str) -> Path | None:
        place = self._workspace().locate(uri)
        return place.root if place else None
