"""A model on a server behind `engine.model.protocol.LanguageModel`: tokens here are pieces of text, see `pieces`.

The prompt is taken apart into what the API has fields for, and is fitted by an estimate of its length. A server is
asked only for what a person waits for: nothing is read ahead or prepared there.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from engine.generated import Generated
from engine.model.folder import Confidence, ModelDescription
from engine.model.protocol import Question
from engine.remote import api, faults
from engine.remote.answer import Answer
from engine.remote.events import EventReader
from engine.remote.infilling import FORMS, rendered
from engine.remote.keys import key_for
from engine.remote.pieces import PieceTokenizer, marked
from engine.remote.server import Server
from engine.remote.transport import ConnectionFault, Exchange, Head, TooLate, missing_library
from engine.types import CancellationToken, Cancelled, EngineError, Priority

CONTEXT_TOKENS = 16_384  # about what any served model has; the settings' prompts are shorter
MAX_ANSWER_BYTES = 2**20  # of one that does not stream
RETRIES = 2
REFUSED_SECONDS = 0.5
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 2.0, 20.0  # where a server says it is busy, and not for how long
MAX_QUIET_SECONDS = 60.0  # a busy server is not asked for suggestions
CODEGEEX4 = re.compile(r"codegeex-?4", re.IGNORECASE)


@dataclass(frozen=True)
class Patience:
    """In seconds. A model may read a long prompt for a minute; nobody waits so long for a suggestion."""

    first: float
    between: float


PATIENCE = {"chat": Patience(120.0, 60.0), "completion": Patience(15.0, 10.0)}


def description_of(server: Server) -> ModelDescription:
    """What a model on a server can do: what it was configured for. Its probabilities are believed."""
    completes, form = server.purpose == "completion", FORMS[server.infill]
    can_complete = {"complete", "infill"} if form.infills else {"complete"}
    return ModelDescription(
        folder=Path(server.host),
        name=server.name,
        family="remote",
        capabilities=frozenset(can_complete if completes else {"chat", "translate"}),
        context_length=CONTEXT_TOKENS,
        numeric_type="remote",
        template=form.template,
        control_tokens=dict(form.tokens),
        chat_template="messages",
        translation="codegeex4" if CODEGEEX4.search(server.model) else "",
        confidence=Confidence(),
    )


class RemoteModel:
    """May be used from several threads. Raises `EngineError` where the library to ask a server with is not there."""

    def __init__(self, server: Server, patience: Patience | None = None) -> None:
        if missing := missing_library():
            raise EngineError(f"{server.setting} names a server; {missing}")
        self._server, self._patience = server, patience or PATIENCE[server.purpose]
        self._form = FORMS[server.infill]
        marks = self._form.marks if server.purpose == "completion" else tuple(api.ROLES)
        self._description, self._tokenizer = description_of(server), PieceTokenizer(marks)
        self._key: str | None = None  # read with the first request, and anew where it was refused
        self._refused: frozenset[str] = frozenset()  # fields of a request that this server does not take
        self._busy, self._quiet_until = "", 0.0

    @property
    def description(self) -> ModelDescription:
        return self._description

    @property
    def tokenizer(self) -> PieceTokenizer:
        return self._tokenizer

    def generate(self, question: Question, cancellation: CancellationToken) -> Generated:
        """As the protocol says; the connection is closed as soon as `stop` or `cancellation` say so.

        What a server keeps is its own business, it gives no ids to go on from, and a text has no token borders:
        `stable_tokens`, `alternatives`, `healed_span` and `next_characters` are ignored. Raises `BrokenOffError` if the
        answer was lost in the middle.
        """
        cancellation.check()
        if question.priority is Priority.WARM_UP:
            if question.max_new_tokens == 1:
                return Generated("")  # only to be read ahead
            raise Cancelled
        if time.monotonic() < self._quiet_until:
            raise EngineError(self._busy)
        answer = Answer(question.stop, question.least_log_prob, question.max_new_tokens)
        asked = self._asked(question.tokens)
        retries = RETRIES if self._server.purpose == "chat" else 0
        while True:
            body = api.body_of(asked, self._server.model, question.max_new_tokens, question.sampling, self._refused)
            try:
                return self._ask(asked.path, body, answer, cancellation)
            except _Refused as refused:
                self._refused |= {refused.field}
            except _Later as later:
                if not retries or later.seconds > MAX_PAUSE_SECONDS:
                    raise EngineError(str(later)) from later.__cause__
                retries -= 1
                _pause(later.seconds, cancellation)

    def _asked(self, tokens: Sequence[int]) -> api.Asked:
        marks = self._tokenizer.marks
        if self._server.purpose == "chat":
            return api.chat(list(marked(tokens, marks)))
        if self._form.is_rendered:
            return api.completion(rendered(tokens, marks))
        texts = dict(marked(tokens, marks))
        return api.completion(texts.get("<prefix>", texts.get("", "")), texts.get("<suffix>", ""))

    def _ask(self, path: str, body: dict[str, Any], answer: Answer, cancellation: CancellationToken) -> Generated:
        server = self._server
        if self._key is None:
            self._key = key_for(server)
        headers = {"Accept": "text/event-stream", "User-Agent": "codegeex-lsp"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        latest = time.monotonic() + self._patience.first
        exchange = Exchange(server.url + path, headers, body, cancellation, is_loopback=server.is_loopback)
        try:
            first = exchange.head(self._patience.first)
            if first.status != HTTPStatus.OK:
                self._refuse(path, body, first, _words(exchange, self._patience.between))
            self._listen(exchange, first, answer, latest)
        except TooLate as late:
            message = faults.no_answer(server, self._patience.first)
            raise answer.broken_off(faults.in_the_middle(server), message) from late
        except ConnectionFault as fault:
            message = faults.of_connection(server, fault)
            if fault.kind == "refused":  # nothing was sent, and a server that starts may be there in a moment
                raise _Later(message, REFUSED_SECONDS) from fault
            raise answer.broken_off(faults.in_the_middle(server), message) from fault
        finally:
            if answer.has_ended:
                exchange.let_end()
            else:
                exchange.close()
        return answer.generated()

    def _listen(self, exchange: Exchange, head: Head, answer: Answer, latest: float) -> None:
        """Reads the answer to its end, or to where it is long enough. It must begin by `latest`, in monotonic time."""
        kind = head.headers.get("content-type", "").partition(";")[0].strip()
        if kind == "application/json":  # a server that does not stream
            self._hear(_body(exchange, self._patience.first), answer)
            if not (answer.text or answer.has_ended):
                raise EngineError(faults.not_the_api(self._server, "JSON of another kind"))
            return
        if kind not in {"text/event-stream", ""}:
            raise EngineError(faults.not_the_api(self._server, kind))
        reader, has_begun = EventReader(), False
        while not answer.is_over:
            received = exchange.next(self._patience.between if has_begun else latest - time.monotonic())
            try:
                events = reader.end() if received is None else reader.feed(received)
            except ValueError as fault:
                raise EngineError(faults.not_the_api(self._server, str(fault))) from fault
            for event in events:
                has_begun = True
                if not answer.is_over and event.strip() != api.DONE:
                    self._hear(event.encode(), answer)
                elif event.strip() == api.DONE:
                    answer.done()
            if received is None and not answer.is_over:
                raise answer.broken_off(
                    faults.in_the_middle(self._server), f"{self._server.host} ended its answer before it began"
                )

    def _hear(self, event: bytes, answer: Answer) -> None:
        try:
            heard = api.heard(json.loads(event))
        except (ValueError, RecursionError) as fault:
            not_json = faults.not_the_api(self._server, "what is not JSON")
            raise answer.broken_off(not_json, not_json) from fault
        if heard.fault:
            words = faults.quote(heard.fault, self._key or "")
            message = f"{self._server.host} has a fault: {words}"
            raise answer.broken_off(f"{faults.in_the_middle(self._server)}: {words}", message)
        for said in heard.said:
            if not answer.is_over:
                answer.add(said)
        if heard.finish and not answer.is_over:
            answer.finish(heard.finish)

    def _refuse(self, path: str, body: dict[str, Any], head: Head, words: str) -> None:
        """Raises what an answer that is none means."""
        status = head.status
        message = faults.of_status(self._server, path, head, words, self._key or "")
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            self._key = None
        elif status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            seconds = _seconds(head.headers.get("retry-after", ""))
            if self._server.purpose == "completion":
                self._busy, self._quiet_until = message, time.monotonic() + min(seconds, MAX_QUIET_SECONDS)
            raise _Later(message, seconds)
        elif field := next((name for name in api.INSTEAD if name in body and name in words), ""):
            raise _Refused(field)
        raise EngineError(message)


class _Refused(Exception):  # noqa: N818 - it is asked again without the field
    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class _Later(Exception):  # noqa: N818 - it may be asked again
    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.strip().isdecimal() else PAUSE_SECONDS


def _pause(seconds: float, cancellation: CancellationToken) -> None:
    """Raises `Cancelled` as soon as it is."""
    woken = threading.Event()
    with cancellation.telling(woken.set):
        woken.wait(seconds)
    cancellation.check()


def _body(exchange: Exchange, seconds: float) -> bytes:
    body = b""
    while len(body) < MAX_ANSWER_BYTES and (received := exchange.next(seconds)) is not None:
        body += received
    return body


def _words(exchange: Exchange, seconds: float) -> str:
    """What a server says is wrong, where it says it as JSON."""
    try:
        return api.fault_in(json.loads(_body(exchange, seconds)))
    except (ValueError, RecursionError, TooLate):
        return ""
