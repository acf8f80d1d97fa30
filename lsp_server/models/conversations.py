"""Conversations with a chat model, by id, while the window is open."""

from __future__ import annotations

import uuid
from collections import OrderedDict

from engine.prompt.chat import Turn

MAX_CONVERSATIONS = 100
MAX_TURNS = 200  # of one conversation; prompts hold far fewer


class Conversations:
    """On the event loop."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, tuple[Turn, ...]] = OrderedDict()

    def open(self, conversation: str) -> tuple[str, tuple[Turn, ...]]:
        """Return (its id, its turns so far). The conversation is new for "", and for an id that is unknown by now."""
        conversation = conversation or str(uuid.uuid4())
        turns = self._turns.setdefault(conversation, ())
        while len(self._turns) > MAX_CONVERSATIONS:
            self._turns.popitem(last=False)
        return conversation, turns

    def remember(self, conversation: str, question: str, answer: str) -> None:
        """Append a question and its answer, complete or stopped half-way, unless the conversation was forgotten."""
        if conversation in self._turns:
            turns = (*self._turns.pop(conversation), Turn("user", question), Turn("assistant", answer))
            self._turns[conversation] = turns[-MAX_TURNS:]

    def restore(self, conversation: str, turns: tuple[Turn, ...]) -> None:
        """Take over what a client kept of a conversation over a restart."""
        self._turns[conversation] = turns[-MAX_TURNS:]

    def forget(self, conversation: str) -> None:
        self._turns.pop(conversation, None)
