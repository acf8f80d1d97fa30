"""The suggestions that were sent, and what the user made of them. In memory only, gone with the session."""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict
from dataclasses import dataclass

MAX_OFFERS = 256


@dataclass
class Offer:
    """A suggestion that was sent."""

    uri: str
    offset: int
    text: str  # what is left of it at `offset`
    accepted_chars: int = 0  # of `text`, from its start
    was_shown: bool = False
    was_partly_accepted: bool = False
    is_over: bool = False  # accepted or dismissed


class Offers:
    """By id. On the event loop. An id that is unknown by now is ignored."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        self._counts: Counter[str] = Counter()

    def add(self, uri: str, offset: int, text: str) -> str:
        """Return the id for a suggestion that is being sent. What the user types of it leaves it the same offer."""
        for number, known in reversed(self._offers.items()):
            typed = offset - known.offset
            if known.uri == uri and not known.is_over and typed >= 0 and known.text[typed:] == text:
                known.offset, known.text = offset, text
                known.accepted_chars = max(0, known.accepted_chars - typed)
                return number
            if known.uri == uri:
                break
        number = str(next(self._numbers))
        self._offers[number] = Offer(uri, offset, text)
        self._counts["offered"] += 1
        self._counts["offeredCharacters"] += len(text)
        while len(self._offers) > MAX_OFFERS:
            self._offers.popitem(last=False)
        return number

    def get(self, number: str) -> Offer | None:
        return self._offers.get(number)

    def show(self, number: str) -> None:
        """Count a suggestion that has come on the screen."""
        if (offer := self.get(number)) and not offer.was_shown:
            offer.was_shown = True
            self._counts["shown"] += 1

    def accept(self, number: str) -> None:
        """Count all that was left of it as accepted."""
        if (offer := self.get(number)) and not offer.is_over:
            offer.is_over = True
            self._counts["accepted"] += 1
            self._counts["acceptedCharacters"] += len(offer.text) - offer.accepted_chars

    def accept_part(self, number: str, chars: int) -> None:
        """Count the first `chars` characters of its text as accepted, those of earlier parts among them."""
        offer = self.get(number)
        if offer is None or chars <= offer.accepted_chars:
            return
        if not offer.was_partly_accepted:
            offer.was_partly_accepted = True
            self._counts["partiallyAccepted"] += 1
        self._counts["acceptedCharacters"] += min(chars, len(offer.text)) - offer.accepted_chars
        offer.accepted_chars = min(chars, len(offer.text))

    def dismiss(self, number: str) -> None:
        """Count it as dismissed."""
        if (offer := self.get(number)) and not offer.is_over:
            offer.is_over = True
            self._counts["dismissed"] += 1

    @property
    def counts(self) -> dict[str, int]:
        names = ("offered", "shown", "accepted", "partiallyAccepted", "dismissed")
        return {name: self._counts[name] for name in (*names, "offeredCharacters", "acceptedCharacters")}
