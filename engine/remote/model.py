"""A model on a server behind `engine.model.protocol.LanguageModel`: tokens here are pieces of text, see `pieces`.

The prompt is taken apart into what the API has fields for, and is fitted by an estimate of its length. A server is
asked only for what a person waits for: nothing is read ahead or prepared there.
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from engine.model.folder import Confidence, ModelDescription
from engine.model.protocol import StopRule
from engine.remote import api, faults
from engine.remote.events import EventReader
from engine.remote.infilling import FORMS, rendered
from engine.remote.keys import key_for
from engine.remote.pieces import PieceTokenizer, marked, packed, whole
from engine.remote.server import Server
from engine.remote.transport import Exchange, Head, TooLate, missing_library
from engine.types import (
    GREEDY,
    BrokenOffError,
    CancellationToken,
    Cancelled,
    EngineError,
    Generated,
    Priority,
    Sampling,
)

CONTEXT_TOKENS = 16_384  # about what any served model has; the settings' prompts are shorter
MAX_ANSWER_BYTES = 2**20  # of one that does not stream
RETRIES = 2
REFUSED_SECONDS = 0.5  # a server that starts may be there then
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 2.0, 20.0  # where a server says it is busy, and not for how long
MAX_QUIET_SECONDS = 60.0  # a busy server is not asked for suggestions
HIGH_SURROGATE = re.compile(r"[\ud800-\udbff]")
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

    def generate(
        self,
        tokens: Sequence[int],
        max_new_tokens: int,
        stop: StopRule,
        cancellation: CancellationToken,
        sampling: Sampling = GREEDY,
        *,
        head: int = 0,  # noqa: ARG002 - what a server keeps is its own business
        priority: Priority = Priority.COMPLETION,
        others: Sequence[int] = (),  # noqa: ARG002 - servers tell no ids to go on from
        least_log_prob: float = -math.inf,
        held: tuple[int, int] = (0, 0),  # noqa: ARG002 - a text has no token borders
    ) -> Generated:
        """As the protocol says; the connection is closed as soon as `stop` or `cancellation` say so.

        Raises `BrokenOffError` where the answer was lost in the middle.
        """
        cancellation.check()
        if priority is Priority.WARM_UP:
            if max_new_tokens == 1:
                return Generated("")  # only to be read ahead
            raise Cancelled
        if time.monotonic() < self._quiet_until:
            raise EngineError(self._busy)
        answer = _Answer(stop, least_log_prob)
        asked = self._asked(tokens)
        retries = RETRIES if self._server.purpose == "chat" else 0
        while True:
            body = api.body_of(asked, self._server.model, max_new_tokens, sampling, self._refused)
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

    def _ask(self, path: str, body: dict[str, Any], answer: _Answer, cancellation: CancellationToken) -> Generated:
        server = self._server
        if self._key is None:
            self._key = key_for(server)
        headers = {"Accept": "text/event-stream", "User-Agent": "codegeex-lsp"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        exchange = Exchange(server.url + path, headers, body, cancellation, is_loopback=server.is_loopback)
        try:
            first = exchange.head(self._patience.first)
            if first.status != HTTPStatus.OK:
                self._refuse(path, body, first, _words(exchange, self._patience.between))
            self._listen(exchange, first, answer)
        except TooLate as late:
            message = faults.no_answer(server, self._patience.first)
            raise answer.broken_off(faults.in_the_middle(server), message) from late
        except (Cancelled, EngineError, _Refused, _Later):
            raise
        except Exception as fault:
            if faults.is_refused(fault):
                raise _Later(faults.of_connection(server, fault), REFUSED_SECONDS) from fault
            raise answer.broken_off(faults.in_the_middle(server), faults.of_connection(server, fault)) from fault
        finally:
            exchange.close()
        return answer.generated()

    def _listen(self, exchange: Exchange, head: Head, answer: _Answer) -> None:
        """Reads the answer to its end, or to where it is long enough."""
        kind = head.headers.get("content-type", "").partition(";")[0].strip()
        if kind == "application/json":  # a server that does not stream
            self._hear(_body(exchange, self._patience.first), answer)
            return
        if kind != "text/event-stream":
            raise EngineError(faults.not_the_api(self._server, kind))
        reader, latest = EventReader(), time.monotonic() + self._patience.first
        has_begun = False
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

    def _hear(self, event: bytes, answer: _Answer) -> None:
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


class _Answer:
    """What was said so far, as `engine.types.Generated` has it."""

    def __init__(self, stop: StopRule, least_log_prob: float) -> None:
        self._stop, self._least_log_prob = stop, least_log_prob
        self._began = self._first = self._last = time.perf_counter()
        self._text, self._half, self._log_prob = "", "", 0.0
        self._ends: list[int] = []
        self._log_probs: list[float] = []
        self._tokens: list[int] = []
        self._has_ended = False
        self._is_cut_off = False
        self.is_over = False

    def add(self, said: api.Said) -> None:
        self._last = time.perf_counter()
        if not self._text:
            self._first = self._last
        text = self._half + said.text
        # JSON may cut a character of the astral planes in two.
        self._half = text[-1] if HIGH_SURROGATE.match(text[-1]) else ""
        text = whole(text.removesuffix(self._half))
        self._text += text
        self._ends.append(len(self._text))
        # Of a server that tells no probabilities, everything counts as sure: what is shown is then the filters' choice.
        self._log_probs.append(said.log_prob or 0.0)
        self._tokens.append(packed(text))
        self._log_prob += said.log_prob or 0.0
        self.is_over = self._stop(self._text) or self._log_prob < self._least_log_prob

    def finish(self, why: str) -> None:
        """The server says why the answer ends here."""
        self._is_cut_off, self._has_ended, self.is_over = why == "length", why != "length", True

    def done(self) -> None:
        self._has_ended, self.is_over = not self.is_over, True

    def generated(self) -> Generated:
        return Generated(
            self._text,
            tuple(self._ends),
            tuple(self._log_probs),
            end_log_prob=0.0 if self._has_ended else None,
            stopped=not self._is_cut_off,
            prefill_ms=(self._first - self._began) * 1000,
            decode_ms=(self._last - self._first) * 1000,
            tokens=tuple(self._tokens),
        )

    def broken_off(self, message: str, otherwise: str) -> EngineError:
        """`message`, with what was said; `otherwise` where that is nothing."""
        if not self._text:
            return EngineError(otherwise)
        return BrokenOffError(message, replace(self.generated(), stopped=False))


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
