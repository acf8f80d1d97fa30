"""A request for an inline completion, with the document as the editor saw it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from lsprotocol import types

from engine.completion.cache import Place, place_of
from engine.document import Cursor
from engine.postprocess.comments import ends_comment, enter_after_comment
from engine.types import CompletionRequest, Mode


@dataclass(frozen=True)
class InlineRequest:
    """A completion that an editor requests, or will request."""

    uri: str
    position: types.Position  # where the editor's own cursor is
    request: CompletionRequest  # for the engine; its cursor is after what the editor's suggest widget selects
    epoch: int  # of the context, see `OpenDocuments.epoch`
    typed_ahead: str = ""  # what a suggestion begins with: it is before the request's cursor, and not in the editor yet

    @property
    def cursor(self) -> Cursor:
        return self.request.cursor

    @cached_property
    def place(self) -> Place:
        """The place under which the cache keeps the answer."""
        return place_of(self.uri, self.cursor, self.epoch, self.request.mode)

    def below_comment(self) -> InlineRequest | None:
        """Return the request for a block below the comment that ends at the cursor; None if none ends there."""
        cursor = self.cursor
        if cursor.line_after.strip() or not ends_comment(cursor):
            return None
        typed, below = enter_after_comment(cursor)
        request = replace(self.request, cursor=cursor.after_typing(typed, below), mode=Mode.BLOCK)
        return replace(self, request=request, typed_ahead=cursor.with_line_ends(typed))

    def moved_to(self, cursor: Cursor, epoch: int) -> InlineRequest:
        """Return the request at another cursor."""
        return replace(self, request=replace(self.request, cursor=cursor), epoch=epoch)
