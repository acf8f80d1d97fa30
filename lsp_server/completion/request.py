"""A request for an inline completion, with the document as the editor saw it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from lsprotocol import types

from engine.completion.cache import Place, place_of
from engine.document import Cursor
from engine.types import CompletionRequest


@dataclass(frozen=True)
class InlineRequest:
    """What an editor asks for, or will ask for."""

    uri: str
    position: types.Position  # where the editor's own cursor is
    request: CompletionRequest  # for the engine; its cursor is after what the editor's suggest widget selects
    epoch: int  # of the context, see `OpenDocuments.epoch`

    @property
    def cursor(self) -> Cursor:
        return self.request.cursor

    @cached_property
    def place(self) -> Place:
        """Where the cache keeps the answer."""
        return place_of(self.uri, self.cursor, self.epoch, self.request.mode)

    def moved_to(self, cursor: Cursor, epoch: int) -> InlineRequest:
        """Return what will be asked at another cursor."""
        return replace(self, request=replace(self.request, cursor=cursor), epoch=epoch)
