"""The suggestions that were sent, and what a person made of them. In memory only, gone with the session."""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict
from dataclasses import dataclass

MAX_OFFERS = 256


@dataclass
class Offer:
    """A suggestion on its way: `text` is what is left of it at `offset`; `taken` characters of that are accepted."""

    uri: str
    offset: int
    text: str
    taken: int = 0
    was_shown: bool = False
    was_taken: bool = False
    is_over: bool = False


class Offers:
    """On the event loop. What is typed along stays one offer."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        self._counts: Counter[str] = Counter()

    def add(self, uri: str, offset: int, text: str) -> str:
        """The id of a suggestion that is being sent."""
        for number, known in reversed(self._offers.items()):
            typed = offset - known.offset
            if known.uri == uri and not known.is_over and typed >= 0 and known.text[typed:] == text:
                known.offset, known.text, known.taken = offset, text, max(0, known.taken - typed)
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

    def shown(self, offer: Offer) -> None:
        if not offer.was_shown:
            offer.was_shown = True
            self._counts["shown"] += 1

    def accepted(self, offer: Offer) -> None:
        """All that was left of it."""
        if not offer.is_over:
            offer.is_over = True
            self._counts["accepted"] += 1
            self._counts["acceptedCharacters"] += len(offer.text) - offer.taken

    def partly_accepted(self, offer: Offer, chars: int) -> None:
        """So many characters from the start of its text, all in all."""
        if chars <= offer.taken:
            return
        if not offer.was_taken:
            offer.was_taken = True
            self._counts["partiallyAccepted"] += 1
        self._counts["acceptedCharacters"] += min(chars, len(offer.text)) - offer.taken
        offer.taken = min(chars, len(offer.text))

    def dismissed(self, offer: Offer) -> None:
        if not offer.is_over:
            offer.is_over = True
            self._counts["dismissed"] += 1

    @property
    def counts(self) -> dict[str, int]:
        names = ("offered", "shown", "accepted", "partiallyAccepted", "dismissed")
        return {name: self._counts[name] for name in (*names, "offeredCharacters", "acceptedCharacters")}
