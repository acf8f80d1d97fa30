"""From a request to snippets: the open texts go into the workspace's index, which is then searched.

For text of no workspace folder only the other open documents are searched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from engine.context.exclusion import why_not_open, why_not_text
from engine.context.find import find
from engine.context.index import MemoryIndex
from engine.context.secrets import masked
from engine.context.source import Source
from engine.context.view import View
from engine.context.workspace import WorkspaceIndex
from engine.document import MAX_OTHERS, Document
from engine.text import with_lf
from engine.types import CompletionRequest, Snippet

# The shares of a small prompt for the text itself; a token has some three characters of code.
PREFIX_SHARE, SUFFIX_SHARE, REFERENCE_SHARE = 0.5, 0.12, 0.4
CHARS_PER_TOKEN = 3.2

Workspaces = Mapping[Path, WorkspaceIndex]


def collect(request: CompletionRequest, workspaces: Workspaces, prompt_tokens: int) -> tuple[Snippet, ...]:
    """Return snippets for a prompt of `prompt_tokens`, the best first, somewhat more than fit."""
    document = request.cursor.document
    chars = prompt_tokens * CHARS_PER_TOKEN
    view = view_of(request, int(chars * PREFIX_SHARE), int(chars * SUFFIX_SHARE))
    budget = chars * REFERENCE_SHARE
    index = workspaces.get(document.root) if document.root else None
    if index is None:
        opened = _of_open(request)
        found = tuple(find(view, opened, budget))
        opened.drop(document.path)
        return found
    for each in (document, *request.open_documents[:MAX_OTHERS]):
        if each.file is not None and each.root and (its := workspaces.get(each.root)):
            its.edited(each.path, each.language, each.text)
    return tuple(index.find(view, budget, others=[other for other in workspaces.values() if other is not index]))


def still_shows(request: CompletionRequest, workspaces: Workspaces, snippets: Sequence[Snippet]) -> bool:
    """True if the snippets of an earlier search may still be shown: their files hold them, and are not excluded."""
    root = request.cursor.document.root
    if not root or (index := workspaces.get(root)) is None:
        return True
    own = request.cursor.document.path
    others = [snippet for snippet in snippets if snippet.path != own]
    return index.still_shows(others, [other for other in workspaces.values() if other is not index])


def catch_up(request: CompletionRequest, workspaces: Workspaces) -> None:
    """Do in a pause what a search for this request does not wait for."""
    if (root := request.cursor.document.root) and (index := workspaces.get(root)):
        index.catch_up()


def view_of(request: CompletionRequest, chars_above: int, chars_below: int) -> View:
    """Return the view of a prompt that shows so many characters above and below the cursor."""
    return View(request.cursor, chars_above, chars_below, request.recent_edits, request.definitions)


def _of_open(request: CompletionRequest) -> MemoryIndex:
    """Return an index of the open documents alone."""
    here = request.cursor.document
    others = tuple(
        each for each in request.open_documents[:MAX_OTHERS] if not _same(each, here) and not why_not_open(each)
    )
    index = _index_of(others)
    if not why_not_text(here.text):
        index.put(Source(here.path, here.language, masked(with_lf(here.text.removeprefix("\ufeff")))))
    return index


@lru_cache(maxsize=1)
def _index_of(documents: tuple[Document, ...]) -> MemoryIndex:
    """Return an index of the documents that are not being edited, which stay the same from key to key."""
    index = MemoryIndex()
    for each in documents:
        if not why_not_text(each.text):
            index.put(Source(each.path, each.language, masked(with_lf(each.text.removeprefix("\ufeff")))))
    return index


def _same(one: Document, other: Document) -> bool:
    return one.file == other.file if one.file and other.file else one.path == other.path
