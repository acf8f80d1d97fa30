"""What lies on which shelf, and what may still be promised to a customer."""

from __future__ import annotations

from dataclasses import dataclass, field


class OutOfStock(Exception):
    """Fewer pieces are free than were asked for."""

    def __init__(self, article: str, wanted: int, free: int) -> None:
        super().__init__(f"{article}: {wanted} wanted, {free} free")
        self.article = article
        self.wanted = wanted
        self.free = free


@dataclass
class Shelf:
    name: str
    capacity: int
    pieces: dict[str, int] = field(default_factory=dict)

    def used(self) -> int:
        return sum(self.pieces.values())

    def room(self) -> int:
        return self.capacity - self.used()

    def put(self, article: str, count: int) -> None:
        if count < 0:
            raise ValueError("count must not be negative")
        if count > self.room():
            raise ValueError(f"shelf {self.name} has room for {self.room()} pieces only")
        self.pieces[article] = self.pieces.get(article, 0) + count

    def take(self, article: str, count: int) -> None:
        free = self.pieces.get(article, 0)
        if count > free:
            raise OutOfStock(article, count, free)
        self.pieces[article] = free - count
