"""Pieces of text as they come from a server, into what a model said."""

from __future__ import annotations

import re
import time
from dataclasses import replace

from engine.generated import Generated
from engine.model.protocol import StopRule
from engine.remote.api import Said
from engine.remote.pieces import packed, whole
from engine.types import BrokenOffError, EngineError

HIGH_SURROGATE = re.compile(r"[\ud800-\udbff]")


class Answer:
    """What was said so far. `is_over`: nothing more is wanted, or comes; `has_ended`: the server has ended it."""

    def __init__(self, stop: StopRule, least_log_prob: float, max_new_tokens: int) -> None:
        self._stop, self._least_log_prob, self._most = stop, least_log_prob, max_new_tokens
        self._began = self._first = self._last = time.perf_counter()
        self.text, self._half, self._log_prob = "", "", 0.0
        self._ends: list[int] = []
        self._log_probs: list[float] = []
        self._tokens: list[int] = []
        self.has_ended = False
        self._is_cut_off = False
        self.is_over = False

    def add(self, said: Said) -> None:
        self._last = time.perf_counter()
        if not self.text:
            self._first = self._last
        text = self._half + said.text
        # JSON may cut a character of the astral planes in two.
        self._half = text[-1] if HIGH_SURROGATE.match(text[-1]) else ""
        text = whole(text.removesuffix(self._half))
        self.text += text
        self._ends.append(len(self.text))
        # Of a server that tells no probabilities, everything counts as sure: what is shown is then the filters' choice.
        self._log_probs.append(said.log_prob or 0.0)
        self._tokens.append(packed(text))
        self._log_prob += said.log_prob or 0.0
        self.is_over = self._stop(self.text) or self._log_prob < self._least_log_prob
        if len(self._ends) > self._most:  # a server that knows no limit: each piece is a token or more
            self.is_over = self._is_cut_off = True

    def finish(self, why: str) -> None:
        """The server says why the answer ends here."""
        self._is_cut_off, self.has_ended, self.is_over = why == "length", True, True

    def done(self) -> None:
        """The server says that nothing more comes."""
        if not self.is_over:
            self.has_ended = self.is_over = True

    def generated(self) -> Generated:
        return Generated(
            self.text,
            tuple(self._ends),
            tuple(self._log_probs),
            end_log_prob=0.0 if self.has_ended and not self._is_cut_off else None,
            stopped=not self._is_cut_off,
            prefill_ms=(self._first - self._began) * 1000,
            decode_ms=(self._last - self._first) * 1000,
            tokens=tuple(self._tokens),
        )

    def broken_off(self, message: str, otherwise: str) -> EngineError:
        """`message`, with what was said; `otherwise` where that is nothing."""
        if not self.text:
            return EngineError(otherwise)
        return BrokenOffError(message, replace(self.generated(), stopped=False))
