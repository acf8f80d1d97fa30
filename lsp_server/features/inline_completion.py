"""`textDocument/inlineCompletion` (LSP 3.18): what the cache knows at once, else what the model says."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from lsprotocol import types

from engine.completion.cache import Found, Place, place_of
from engine.completion.decide import Decider
from engine.machine import is_on_battery
from engine.postprocess import Surroundings
from engine.postprocess.indentation import entered
from engine.text import LF
from engine.types import (
    CancellationToken,
    Cancelled,
    Completion,
    CompletionRequest,
    EngineError,
    Outcome,
    Priority,
)
from lsp_server.completion.cancellation import RequestToken
from lsp_server.completion.candidates import MAX_CANDIDATES, Candidates
from lsp_server.completion.definitions import ask_definitions
from lsp_server.completion.in_flight import InFlightCompletion
from lsp_server.completion.partial_results import InlineCompletionParams
from lsp_server.completion.prefetch import PrefetchStep
from lsp_server.completion.receipts import send_receipt, trace_completion
from lsp_server.completion.request import Asked, read_request
from lsp_server.server import CodegeexServer

NOTHING = types.InlineCompletionList(items=[])
MAX_KEYS_AHEAD = 3
REPEATED_SIGNS = 3  # the same sign so many times: once more is likely, as in an indentation or a ruler
REPEATED = re.compile(rf"([^\n])\1{{{REPEATED_SIGNS - 1}}}\Z")
DID_ACCEPT = "codegeex.didAcceptCompletion"


def register(server: CodegeexServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: InlineCompletionParams) -> types.InlineCompletionList:
        session, uri = server.session, params.text_document.uri
        asked = read_request(server, params)  # before the first await: the document as the editor saw it
        token = session.supersede(uri)
        try:
            if asked is None:
                return NOTHING
            await session.prefetch.make_way(asked.place, token)
            if token.is_cancelled:
                return NOTHING
            if asked.is_explicit:
                return await _several(server, asked, token)
            return await _one(server, asked, token)
        except Cancelled:
            return NOTHING  # superseded: the editor has asked again
        except asyncio.CancelledError:
            token.cancel()
            if asking := session.asking.get(uri):
                asking.cancel_soon()
            raise
        except EngineError as fault:
            server.client.report_fault(str(fault))
            return NOTHING
        finally:
            session.finished(uri, token)


async def _one(server: CodegeexServer, asked: Asked, token: RequestToken) -> types.InlineCompletionList:
    """The best suggestion: from the cache at once, else from the model once the person pauses."""
    session = server.session
    if session.is_dismissed(asked.uri, asked.cursor.offset):
        return NOTHING
    began = time.perf_counter()
    found = session.cache.lookup(asked.place, asked.cursor, _decider(server))
    under_way = session.asking.get(asked.uri)
    if under_way and under_way.still_matches(asked.cursor) and not found:
        await under_way.wait_until_done(token)
        if token.is_cancelled:
            return NOTHING
        began = time.perf_counter()
        found = session.cache.lookup(asked.place, asked.cursor, _decider(server))
    if found:
        outcome = _outcome(asked, found, (time.perf_counter() - began) * 1000)
    elif answer := await _ask_unless_superseded(server, asked, token):
        outcome = answer
    else:
        return NOTHING
    _report(server, asked, outcome, found=found.kind if found else "")
    signs = found.next_signs if found else outcome.generated.next_signs if outcome.generated else ()
    _prepare(server, asked, outcome.completion.text if outcome.completion else "", signs)
    if outcome.completion is None:
        return NOTHING
    return types.InlineCompletionList(items=[_item(server, asked, outcome.completion.text)])


async def _several(server: CodegeexServer, asked: Asked, token: RequestToken) -> types.InlineCompletionList:
    """Different suggestions: those in the cache, then those of the model, in the order they come."""
    session = server.session
    stream = asked.params.partial_result_token

    def send(text: str) -> None:
        if stream is not None:
            server.client.progress(stream, [_item(server, asked, text)])

    candidates = Candidates(send if stream is not None else None)
    for found in session.cache.alternatives(asked.place, asked.cursor, _decider(server)):
        outcome = _outcome(asked, found, 0.0)
        if outcome.completion and candidates.add(outcome.completion.text):
            _send_receipt(server, asked, outcome)
    known_all = session.all_asked is not None and session.all_asked.is_at(asked.place)
    is_late = False
    if not candidates.is_full and not known_all:
        asking = asyncio.ensure_future(_ask_several(server, asked, token, candidates))
        try:
            await candidates.wait(asking, token)
        except asyncio.CancelledError:
            asking.cancel()
            raise
        if token.is_cancelled:
            return NOTHING
        if asking.done():
            asking.result()
        else:
            is_late = True
            session.prefetch.adopt(asking, token)
    if not candidates.texts:
        return NOTHING
    if not is_late:
        _prepare(server, asked, candidates.texts[0])
    if stream is not None:
        return NOTHING  # all went out as partial results
    return types.InlineCompletionList(items=[_item(server, asked, text) for text in candidates.texts])


async def _ask_several(server: CodegeexServer, asked: Asked, token: RequestToken, candidates: Candidates) -> None:
    """May outlast its request: what comes late is kept for the next one."""
    session, rank = server.session, 0

    def on_candidate(outcome: Outcome) -> None:
        nonlocal rank
        session.cache.put(asked.place, outcome, rank)
        rank += 1
        if outcome.completion is None or candidates.add(outcome.completion.text):
            _report(server, asked, outcome)

    workspaces = dict(session.indexes)
    try:
        await session.worker.complete_candidates(
            asked.request, session.settings, token, workspaces, MAX_CANDIDATES, on_candidate
        )
    except Cancelled:
        return
    except EngineError as fault:
        server.client.report_fault(str(fault))
        return
    session.all_asked = asked.place


async def _ask_unless_superseded(server: CodegeexServer, asked: Asked, token: RequestToken) -> Outcome | None:
    """The model's answer, once the person pauses. What has begun outlives a request whose next key goes its way."""
    session = server.session
    if not await session.rhythm.wait_out_delay(token.superseded):
        return None
    asking = session.asking[asked.uri] = InFlightCompletion(
        asked.cursor, partial(_ask, server, asked.request, asked.place)
    )
    return await asking.outcome(token)


async def _ask(
    server: CodegeexServer,
    request: CompletionRequest,
    place: Place,
    token: CancellationToken,
    on_text: Callable[[str], None] = lambda _: None,
    *,
    on_screen: bool = True,
) -> Outcome:
    """The model's answer, which the cache keeps."""
    session = server.session
    cache = session.cache  # of these settings
    priority = Priority.COMPLETION if on_screen else Priority.WARM_UP
    outcome = await session.worker.complete(request, session.settings, token, dict(session.indexes), priority, on_text)
    cache.put(place, outcome, on_screen=on_screen)
    if outcome.generated:
        session.rhythm.note_answer(outcome.generated.prefill_ms)
    return outcome


def _report(server: CodegeexServer, asked: Asked, outcome: Outcome, *, found: str = "") -> None:
    server.client.clear_error()
    trace_completion(server.client, asked.request, outcome, server.session.cache.counts, found=found)
    _send_receipt(server, asked, outcome)


def _send_receipt(server: CodegeexServer, asked: Asked, outcome: Outcome) -> None:
    if server.session.settings.receipts:
        send_receipt(server.client, asked.uri, outcome)


def _prepare(server: CodegeexServer, asked: Asked, completion: str, signs: Sequence[str] = ()) -> None:
    """While nobody waits for anything else: what one of the keys `signs` would be answered is asked for; in a pause
    what the prompts here refer to is brought up to date, and what follows a suggestion is asked for.
    """
    session = server.session

    def plan() -> PrefetchStep | None:
        if not completion:
            return PrefetchStep(None, partial(_refresh, server, asked, asked.request))
        request, place = _after(server, asked, completion)
        if not session.is_idle or session.cache.knows(place):
            return None
        return PrefetchStep(place, partial(_ask_ahead, server, asked, request, place))

    session.prefetch.begin(plan, _keys_ahead(server, asked, completion, signs))


def _keys_ahead(server: CodegeexServer, asked: Asked, completion: str, signs: Sequence[str]) -> Iterator[PrefetchStep]:
    """A question for each of the next keys that the cache could not answer, as many as there is time for."""
    session = server.session
    count = min(MAX_KEYS_AHEAD, session.rhythm.spare_answers())
    repeated = REPEATED.search(asked.cursor.line_before[-REPEATED_SIGNS:])
    signs = [*(repeated.group(1) if repeated else ""), *signs]
    if not signs or not count or is_on_battery():
        return
    for sign in dict.fromkeys(signs):
        if completion.startswith(sign):
            continue
        typed, below = entered(Surroundings(asked.cursor)) if sign == LF else (sign, "")
        if not typed:
            continue
        request, place = _after(server, asked, typed, below)
        if not session.cache.knows(place):
            yield PrefetchStep(place, partial(_ask, server, request, place, on_screen=False))
            count -= 1
            if not count:
                return


def _after(server: CodegeexServer, asked: Asked, typed: str, below: str = "") -> tuple[CompletionRequest, Place]:
    """What will be asked once `typed` is before the cursor, and `below` behind it; and where."""
    request = replace(asked.request, cursor=asked.cursor.after_typing(typed, below))
    return request, place_of(asked.uri, request.cursor, server.session.epoch(asked.uri), request.mode)


async def _ask_ahead(
    server: CodegeexServer, asked: Asked, request: CompletionRequest, place: Place, token: RequestToken
) -> None:
    await _refresh(server, asked, request, token)
    await _ask(server, request, place, token, on_screen=False)


async def _refresh(server: CodegeexServer, asked: Asked, request: CompletionRequest, token: RequestToken) -> None:
    """`request` is what was `asked`, or what will be."""
    session = server.session
    await ask_definitions(server, asked.uri, asked.params.position)
    request = replace(request, defined=session.defined.get(asked.uri, ()))
    await session.worker.refresh(request, session.settings, token, dict(session.indexes))


def _decider(server: CodegeexServer) -> Decider:
    return Decider.of(server.session.worker.confidence, server.session.settings.completion)


def _outcome(asked: Asked, found: Found, took_ms: float) -> Outcome:
    """What the cache found, with the document's line ends."""
    completion: Completion | None = found.completion
    if completion:
        completion = replace(completion, text=asked.cursor.with_line_ends(completion.text))
    return Outcome(completion, found.silence, found.receipt, stages_ms={"cache": took_ms})


def _item(server: CodegeexServer, asked: Asked, text: str) -> types.InlineCompletionItem:
    where = types.Range(asked.params.position, asked.params.position)
    number = server.session.offers.add(asked.uri, asked.cursor.offset, text)
    if selected := asked.params.context.selected_completion_info:
        text, where = selected.text + text, selected.range
    accepted = types.Command("Accepted", DID_ACCEPT, arguments=[number])
    return types.InlineCompletionItem(insert_text=text, range=where, command=accepted)
