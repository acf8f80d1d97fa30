"""Fix: a diagnostic that the editor reports where a candidate is, about a name that the candidate changes."""

from __future__ import annotations

from dataclasses import replace

from engine.next_edit.tokens import is_identifier, words_of
from engine.next_edit.values import Candidate, Situation


def with_diagnostics(situation: Situation, candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates, those marked that a diagnostic asks for."""
    if not situation.diagnostics:
        return candidates
    return [
        replace(each, signals={**each.signals, "diagnosed": 1.0}) if _is_diagnosed(situation, each) else each
        for each in candidates
    ]


def _is_diagnosed(situation: Situation, candidate: Candidate) -> bool:
    """True if a diagnostic at the candidate's place, or for an import anywhere, names what the candidate is about."""
    about = {word for word in words_of(candidate.reason) if is_identifier(word)}
    for diagnostic in situation.diagnostics:
        if diagnostic.path != candidate.path or not about & set(words_of(diagnostic.message)):
            continue
        if candidate.kind in {"import", "unimport"} or candidate.start <= diagnostic.line < max(
            candidate.end, candidate.start + 1
        ):
            return True
    return False
