"""Collects the pieces of text that a server streams into one answer."""

from __future__ import annotations

import re
import time
from dataclasses import replace

from engine.generated import Generated
from engine.model.protocol import StopRule
from engine.remote.api import Piece
from engine.remote.pieces import pack_piece, replace_half_characters
from engine.types import EngineError, LostAnswerError

HIGH_SURROGATE = re.compile(r"[\ud800-\udbff]")


class StreamedAnswer:
    """The answer received so far. `is_over`: nothing more is wanted or will come. `has_ended`: the server has ended
    it.
    """

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

    def add(self, piece: Piece) -> None:
        self._last = time.perf_counter()
        if not self.text:
            self._first = self._last
        text = self._half + piece.text
        # JSON may split a character outside the basic plane in two.
        self._half = text[-1] if HIGH_SURROGATE.match(text[-1]) else ""
        text = replace_half_characters(text.removesuffix(self._half))
        self.text += text
        self._ends.append(len(self.text))
        # If a server gives no probabilities, everything counts as certain: the filters alone then decide what is shown.
        self._log_probs.append(piece.log_prob or 0.0)
        self._tokens.append(pack_piece(text))
        self._log_prob += piece.log_prob or 0.0
        self.is_over = self._stop(self.text) or self._log_prob < self._least_log_prob
        if len(self._ends) > self._most:  # the server ignores the limit: each piece is a token or more
            self.is_over = self._is_cut_off = True

    def finish(self, why: str) -> None:
        """Record that the server ends the answer, and why (`finish_reason`)."""
        self._is_cut_off, self.has_ended, self.is_over = why == "length", True, True

    def done(self) -> None:
        """Record that nothing more will come."""
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

    def error(self, message: str, otherwise: str) -> EngineError:
        """Return an error with `message` and the text received so far, or one with `otherwise` if there is none."""
        if not self.text:
            return EngineError(otherwise)
        return LostAnswerError(message, replace(self.generated(), stopped=False))
