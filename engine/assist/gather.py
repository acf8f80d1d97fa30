"""References for an answer, the most useful first: mentions, the selection, the index, other open files.

Runs in the thread that owns the indexes; nothing here needs a model. All but the user's own selection is masked, and
excluded by the rules of `engine.context.exclusion`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.assist.mentions import Mentions, mentions_in, without_mentions
from engine.assist.places import Place, declarations_named, find_places
from engine.assist.tasks import AssistRequest, AssistTask, Reference
from engine.assist.wording import sentence
from engine.context.collect import Workspaces
from engine.context.exclusion import MAX_FILE_BYTES, why_not_open, why_not_text
from engine.context.index import Index, MemoryIndex
from engine.context.listing import read_any_source
from engine.context.secrets import masked
from engine.context.source import Source
from engine.context.workspace import WorkspaceIndex
from engine.document import MAX_OTHERS, Document
from engine.languages import language_of
from engine.text import line_of, with_lf

MAX_PLACES = 6
MAX_WORKSPACE_PLACES = 16  # for @workspace
MAX_DECLARATIONS = 3  # of a symbol
MAX_OPEN = 8
MAX_OPEN_LINES = 80  # of a document that is open but not mentioned
MAX_AROUND_LINES = 200  # of the file being edited, around the selection or the cursor
MAX_SEARCHED_CHARS = 4000  # of a selection, in the search for related code
SEARCHES = frozenset({AssistTask.ASK, AssistTask.EXPLAIN, AssistTask.FIX, AssistTask.TESTS, AssistTask.EDIT})


# (an index, which paths may be shown) -> places, the best first.
Search = Callable[[Index, Callable[[str], bool]], list[Place]]


@dataclass(frozen=True)
class Gathered:
    """What was gathered for a request."""

    references: tuple[Reference, ...] = ()  # the most useful first
    places: tuple[Reference, ...] = ()  # those of them that the index found, for a model that cannot converse
    notices: tuple[str, ...] = ()  # mentions that were not found


def gather(request: AssistRequest, workspaces: Workspaces) -> Gathered:
    """Search the indexes and read mentioned files. Blocks for some milliseconds."""
    if request.task not in SEARCHES or not request.searches:
        return Gathered()
    mentions = mentions_in(request.question)
    notices: list[str] = []
    references: list[Reference] = []
    if mentions.selection and request.selection is None:
        notices.append(sentence("nothing_selected", request.words))
    for mention in mentions.files:
        found = _file(mention, request, workspaces)
        references += found
        notices += [] if found else [sentence("not_found", request.words, mention=mention)]
    for mention in mentions.symbols:
        found = _symbol(mention, request, workspaces)
        references += found
        notices += [] if found else [sentence("not_found", request.words, mention=mention)]
    here = [*_selected(request), *_around(request, workspaces)]
    places = _outside_selection(request, _places(request, workspaces, mentions))
    opened = _opened(request, workspaces)
    # A mentioned file is meant; the open one may be open by chance.
    ordered = [*references, *places, *here] if mentions.workspace else [*references, *here, *places]
    return Gathered(_distinct([*ordered, *opened]), tuple(places), tuple(notices))


def _file(mention: str, request: AssistRequest, workspaces: Workspaces) -> list[Reference]:
    """Return the whole of a file, by its path; an open one also by the end of its path."""
    wanted = re.sub(r"^(?:\.?/)+", "", mention.replace("\\", "/"))
    opened = [each for each in (request.document, *request.others) if each is not None]
    for each in opened:
        if each.path == wanted or each.path.endswith(f"/{wanted}"):
            source = _source_of(each, request, workspaces)
            return [_whole(source, request, each)] if source else []
    for root, index in _in_order(request, workspaces):
        try:
            source = read_any_source(root.resolve(), wanted, index.excluded)
        except OSError:  # too many files are open
            return []
        if source:
            return [_whole(source, request, Document(wanted, source.language, "", root / wanted, root))]
    return []


def _outside_selection(request: AssistRequest, places: list[Reference]) -> list[Reference]:
    """Return the places without those that overlap the task's own code."""
    document = request.document
    if document is None or request.task is AssistTask.ASK:
        return places
    start, end = request.selection or (0, len(document.text))
    first, last = line_of(document.text, start), line_of(document.text, end) + 1
    return [
        place for place in places if place.path != document.path or place.end_line <= first or last <= place.start_line
    ]


def _symbol(name: str, request: AssistRequest, workspaces: Workspaces) -> list[Reference]:
    reason = sentence("because_mentioned", request.words)

    def places(index: Index, allows: Callable[[str], bool]) -> list[Place]:
        return declarations_named(name, index, allows, MAX_DECLARATIONS)

    return [
        _of_place(place, root, request, reason, explicit=True) for root, place in _searched(request, workspaces, places)
    ]


def _places(request: AssistRequest, workspaces: Workspaces, mentions: Mentions) -> list[Reference]:
    """Return what the index finds for the question, or for the selected code."""
    question = without_mentions(request.question)
    if request.task is not AssistTask.ASK and request.document and request.selection:
        start, end = request.selection
        question += "\n" + request.document.text[start : min(end, start + MAX_SEARCHED_CHARS)]
    limit = MAX_WORKSPACE_PLACES if mentions.workspace else MAX_PLACES

    def places(index: Index, allows: Callable[[str], bool]) -> list[Place]:
        return find_places(question, index, allows, limit)

    found = _searched(request, workspaces, places)
    found.sort(key=lambda each: -each[1].score)
    return [
        _of_place(
            place,
            root,
            request,
            sentence("because_declares", request.words, name=place.symbol)
            if place.is_declaration
            else sentence("because_matching", request.words),
        )
        for root, place in found[:limit]
    ]


def _searched(
    request: AssistRequest,
    workspaces: Workspaces,
    places: Search,
) -> list[tuple[WorkspaceIndex | None, Place]]:
    """Return (index, place) in all workspace folders, the document's own first; in open files if there is none."""
    if not workspaces:
        return [(None, place) for place in places(_index_of_open(request), lambda _: True)]
    for each in (request.document, *request.others[:MAX_OTHERS]):
        if each and each.root and each.file is not None and (index := workspaces.get(each.root)):
            index.edited(each.path, each.language, each.text)
    return [
        (index, place)
        for _, index in _in_order(request, workspaces)
        for place in index.query(partial(_allowed, places, index))
    ]


def _allowed(places: Search, index: WorkspaceIndex, searched: Index) -> list[Place]:
    return places(searched, index.allows)


def _in_order(request: AssistRequest, workspaces: Workspaces) -> list[tuple[Path, WorkspaceIndex]]:
    here = request.document.root if request.document else None
    return sorted(workspaces.items(), key=lambda pair: pair[0] != here)


def _selected(request: AssistRequest) -> list[Reference]:
    """Return the selection as a reference of a question. Other tasks have it in their code."""
    document, selection = request.document, request.selection
    if document is None or selection is None or request.task is not AssistTask.ASK:
        return []
    start, end = selection
    chosen = with_lf(document.text[start:end])
    text = chosen.strip("\n")
    first = line_of(document.text, start) + len(chosen) - len(chosen.lstrip("\n"))
    last = first + text.count("\n") + 1
    reason = sentence("because_selected", request.words)
    language = language_of(document.language, document.path).id
    return [Reference(document.path, first, last, text, language, reason, file=document.file, may_be_cut=True)]


def _around(request: AssistRequest, workspaces: Workspaces) -> list[Reference]:
    """Return the file being edited, around the selection, which itself is not a reference."""
    document = request.document
    if document is None or (request.selection is None and request.task is not AssistTask.ASK):
        return []
    source = _source_of(document, request, workspaces)
    if source is None:
        return []
    start, end = request.selection or (0, 0)
    first, last = line_of(document.text, start), line_of(document.text, end) + 1
    selected = range(first, last)
    spare = max(0, MAX_AROUND_LINES - len(selected)) // 2
    first, last = max(0, first - spare), min(len(source.lines), max(last + spare, MAX_AROUND_LINES - first))
    text = "\n".join(source.lines[first:last])
    around = (line for number, line in enumerate(source.lines[first:last], first) if number not in selected)
    if not text.strip() or (request.selection and not any(line.strip() for line in around)):
        return []  # all of it is selected
    reason = sentence("because_open_here", request.words)
    return [Reference(document.path, first, last, text, source.language, reason, file=document.file, may_be_cut=True)]


def _opened(request: AssistRequest, workspaces: Workspaces) -> list[Reference]:
    """Return the beginnings of the other open files."""
    reason, found = sentence("because_open", request.words), []
    for each in request.others[:MAX_OPEN]:
        source = _source_of(each, request, workspaces)
        if source and source.text.strip():
            lines = source.lines[:MAX_OPEN_LINES]
            found.append(Reference(each.path, 0, len(lines), "\n".join(lines), source.language, reason, file=each.file))
    return found


def _source_of(document: Document, request: AssistRequest, workspaces: Workspaces) -> Source | None:
    """Return an open document's masked text; None if ignore rules or settings exclude it."""
    index = workspaces.get(document.root) if document.root else None
    if (
        why_not_open(document, index.excluded if index else request.excluded)
        or len(document.text) > MAX_FILE_BYTES
        or why_not_text(document.text)
    ):
        return None
    text = masked(with_lf(document.text.removeprefix("\ufeff")))
    return Source(document.path, document.language, text)


def _whole(source: Source, request: AssistRequest, document: Document) -> Reference:
    reason = sentence("because_mentioned", request.words)
    return Reference(
        document.path, 0, len(source.lines), source.text, source.language, reason, file=document.file, may_be_cut=True
    )


def _of_place(
    place: Place, index: WorkspaceIndex | None, request: AssistRequest, reason: str, *, explicit: bool = False
) -> Reference:
    text = place.text
    end = place.start + text.count("\n") + 1
    path = place.source.path
    opened = (each.file for each in (request.document, *request.others) if each and each.path == path)
    file = index.root / path if index else next(opened, None)
    language = language_of(place.source.language, place.source.path).id
    return Reference(
        place.source.path, place.start, end, text, language, reason, place.symbol, file, may_be_cut=explicit
    )


def _index_of_open(request: AssistRequest) -> MemoryIndex:
    index = MemoryIndex()
    for each in (request.document, *request.others[:MAX_OTHERS]):
        source = _source_of(each, request, {}) if each else None
        if source:
            index.put(source)
    return index


def _distinct(references: list[Reference]) -> tuple[Reference, ...]:
    """Return the references without those whose lines are part of a more useful one."""
    kept: list[Reference] = []
    for each in references:
        held = (
            other.path == each.path and other.start_line <= each.start_line and each.end_line <= other.end_line
            for other in kept
        )
        if not any(held):
            kept.append(each)
    return tuple(kept)
