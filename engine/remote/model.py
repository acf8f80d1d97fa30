"""A model on a server as an `engine.model.protocol.LanguageModel`. Its tokens are pieces of text, see `pieces`.

The prompt is divided into the fields of the API, and fitted by an estimate of its length. A server is asked only for
what the user waits for: nothing is prefilled or prefetched there.
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
from engine.model.folder import REMOTE_FAMILY, Confidence, ModelDescription
from engine.model.protocol import Question
from engine.remote import api, faults
from engine.remote.answer import StreamedAnswer
from engine.remote.events import EventReader
from engine.remote.infilling import FORMS, render_prompt
from engine.remote.keys import find_key
from engine.remote.pieces import PieceTokenizer, split_by_marks
from engine.remote.server import Server
from engine.remote.transport import ConnectionFault, Exchange, Head, TimedOut, missing_library_message
from engine.types import CancellationToken, Cancelled, EngineError, Priority

CONTEXT_TOKENS = 16_384  # about what every served model has; prompts are limited further by the settings
MAX_ANSWER_BYTES = 2**20  # of an answer that is not streamed
RETRIES = 2
REFUSED_SECONDS = 0.5
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 2.0, 20.0  # if a busy server does not say for how long
MAX_QUIET_SECONDS = 60.0  # a busy server is not asked for suggestions
CODEGEEX4 = re.compile(r"codegeex-?4", re.IGNORECASE)


@dataclass(frozen=True)
class Timeouts:
    """Timeouts in seconds. A model may read a long prompt for a minute; nobody waits so long for a suggestion."""

    first: float
    between: float


TIMEOUTS = {"chat": Timeouts(120.0, 60.0), "completion": Timeouts(15.0, 10.0)}


def describe_server_model(server: Server) -> ModelDescription:
    """Describe a model on a server by what it was configured for. Its probabilities are trusted."""
    completes, form = server.purpose == "completion", FORMS[server.infill]
    can_complete = {"complete", "infill"} if form.infills else {"complete"}
    return ModelDescription(
        folder=Path(server.host),
        name=server.name,
        family=REMOTE_FAMILY,
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
    """A model on a server. Thread-safe. Raises `EngineError` if the HTTP library is not installed."""

    def __init__(self, server: Server, patience: Timeouts | None = None) -> None:
        if missing := missing_library_message():
            raise EngineError(f"{server.setting} names a server; {missing}")
        self._server, self._patience = server, patience or TIMEOUTS[server.purpose]
        self._form = FORMS[server.infill]
        marks = self._form.marks if server.purpose == "completion" else tuple(api.ROLES)
        self._description, self._tokenizer = describe_server_model(server), PieceTokenizer(marks)
        self._key: str | None = None  # read with the first request, and again after it was refused
        self._refused: frozenset[str] = frozenset()  # request fields that this server does not accept
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
        `stable_tokens`, `alternatives`, `healed_span` and `next_characters` are ignored. Raises
        `LostAnswerError` if the answer was lost in the middle.
        """
        cancellation.check()
        if question.priority is Priority.WARM_UP:
            if question.max_new_tokens == 1:
                return Generated("")  # the prompt was only to be prefilled
            raise Cancelled
        if time.monotonic() < self._quiet_until:
            raise EngineError(self._busy)
        answer = StreamedAnswer(question.stop, question.least_log_prob, question.max_new_tokens)
        request = self._api_request(question.tokens)
        retries = RETRIES if self._server.purpose == "chat" else 0
        while True:
            body = api.request_body(
                request, self._server.model, question.max_new_tokens, question.sampling, self._refused
            )
            try:
                return self._send(request.path, body, answer, cancellation)
            except _FieldRefused as refused:
                self._refused |= {refused.field}
            except _RetryLater as later:
                if not retries or later.seconds > MAX_PAUSE_SECONDS:
                    raise EngineError(str(later)) from later.__cause__
                retries -= 1
                _pause(later.seconds, cancellation)

    def _api_request(self, tokens: Sequence[int]) -> api.ApiRequest:
        marks = self._tokenizer.marks
        if self._server.purpose == "chat":
            return api.chat_request(list(split_by_marks(tokens, marks)))
        if self._form.is_rendered:
            return api.completion_request(render_prompt(tokens, marks))
        texts = dict(split_by_marks(tokens, marks))
        return api.completion_request(texts.get("<prefix>", texts.get("", "")), texts.get("<suffix>", ""))

    def _send(
        self, path: str, body: dict[str, Any], answer: StreamedAnswer, cancellation: CancellationToken
    ) -> Generated:
        server = self._server
        if self._key is None:
            self._key = find_key(server)
        headers = {"Accept": "text/event-stream", "User-Agent": "codegeex-lsp"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        latest = time.monotonic() + self._patience.first
        exchange = Exchange(server.url + path, headers, body, cancellation, is_loopback=server.is_loopback)
        try:
            first = exchange.head(self._patience.first)
            if first.status != HTTPStatus.OK:
                self._raise_refusal(path, body, first, _words(exchange, self._patience.between))
            self._read_stream(exchange, first, answer, latest)
        except TimedOut as late:
            message = faults.describe_timeout(server, self._patience.first)
            raise answer.error(faults.describe_interruption(server), message) from late
        except ConnectionFault as fault:
            message = faults.describe_connection(server, fault)
            if fault.kind == "refused":  # nothing was sent, and a server that is starting may be there in a moment
                raise _RetryLater(message, REFUSED_SECONDS) from fault
            raise answer.error(faults.describe_interruption(server), message) from fault
        finally:
            if answer.has_ended:
                exchange.let_end()
            else:
                exchange.close()
        return answer.generated()

    def _read_stream(self, exchange: Exchange, head: Head, answer: StreamedAnswer, latest: float) -> None:
        """Read the answer to its end, or until it is long enough. It must begin by `latest`, in monotonic time."""
        kind = head.headers.get("content-type", "").partition(";")[0].strip()
        if kind == "application/json":  # the server does not stream
            self._read_event(_body(exchange, self._patience.first), answer)
            if not (answer.text or answer.has_ended):
                raise EngineError(faults.describe_wrong_api(self._server, "JSON of another kind"))
            return
        if kind not in {"text/event-stream", ""}:
            raise EngineError(faults.describe_wrong_api(self._server, kind))
        reader, has_begun = EventReader(), False
        while not answer.is_over:
            received = exchange.next(self._patience.between if has_begun else latest - time.monotonic())
            try:
                events = reader.end() if received is None else reader.feed(received)
            except ValueError as fault:
                raise EngineError(faults.describe_wrong_api(self._server, str(fault))) from fault
            for event in events:
                has_begun = True
                if not answer.is_over and event.strip() != api.DONE:
                    self._read_event(event.encode(), answer)
                elif event.strip() == api.DONE:
                    answer.done()
            if received is None and not answer.is_over:
                raise answer.error(
                    faults.describe_interruption(self._server), f"{self._server.host} ended its answer before it began"
                )

    def _read_event(self, event: bytes, answer: StreamedAnswer) -> None:
        try:
            content = api.read_event(json.loads(event))
        except (ValueError, RecursionError) as fault:
            not_json = faults.describe_wrong_api(self._server, "something that is not JSON")
            raise answer.error(not_json, not_json) from fault
        if content.fault:
            words = faults.quote(content.fault, self._key or "")
            message = f"{self._server.host} reports an error: {words}"
            raise answer.error(f"{faults.describe_interruption(self._server)}: {words}", message)
        for piece in content.pieces:
            if not answer.is_over:
                answer.add(piece)
        if content.finish and not answer.is_over:
            answer.finish(content.finish)

    def _raise_refusal(self, path: str, body: dict[str, Any], head: Head, words: str) -> None:
        """Raise the error that a response other than 200 means."""
        status = head.status
        message = faults.describe_status(self._server, path, head, words, self._key or "")
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            self._key = None
        elif status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            seconds = _seconds(head.headers.get("retry-after", ""))
            if self._server.purpose == "completion":
                self._busy, self._quiet_until = message, time.monotonic() + min(seconds, MAX_QUIET_SECONDS)
            raise _RetryLater(message, seconds)
        elif field := next((name for name in api.INSTEAD if name in body and name in words), ""):
            raise _FieldRefused(field)
        raise EngineError(message)


class _FieldRefused(Exception):  # noqa: N818 - it the request is sent again without the field
    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class _RetryLater(Exception):  # noqa: N818 - the request may be sent again
    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.strip().isdecimal() else PAUSE_SECONDS


def _pause(seconds: float, cancellation: CancellationToken) -> None:
    """Wait. Raises `Cancelled` as soon as the request is cancelled."""
    woken = threading.Event()
    with cancellation.on_cancel(woken.set):
        woken.wait(seconds)
    cancellation.check()


def _body(exchange: Exchange, seconds: float) -> bytes:
    body = b""
    while len(body) < MAX_ANSWER_BYTES and (received := exchange.next(seconds)) is not None:
        body += received
    return body


def _words(exchange: Exchange, seconds: float) -> str:
    """Return the server's error message if it is JSON, else ""."""
    try:
        return api.fault_in(json.loads(_body(exchange, seconds)))
    except (ValueError, RecursionError, TimedOut):
        return ""
