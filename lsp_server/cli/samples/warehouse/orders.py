"""Orders are picked from several shelves, the fullest first."""

from __future__ import annotations

from dataclasses import dataclass

from stock import OutOfStock, Shelf


@dataclass
class Line:
    article: str
    count: int


class Picker:
    def __init__(self, shelves: list[Shelf]) -> None:
        self.shelves = shelves
        self.picked: list[Line] = []

    def free(self, article: str) -> int:
        return sum(shelf.pieces.get(article, 0) for shelf in self.shelves)

    def pick(self, line: Line) -> None:
        free = self.free(line.article)
        if line.count > free:
            raise OutOfStock(line.article, line.count, free)
        left = line.count
        for shelf in sorted(self.shelves, key=Shelf.used, reverse=True):
            here = min(left, shelf.pieces.get(line.article, 0))
            shelf.take(line.article, here)
            left -= here
            if left == 0:
                break
        self.picked.append(line)

    def undo(self) -> None:
        while self.picked:
            line = self.picked.pop()
            for shelf in self.shelves:
                here = min(line.count, shelf.room())
                shelf.put(line.article, here)
                line.count -= here

    def __len__(self) -> int:
        return len(self.picked)
