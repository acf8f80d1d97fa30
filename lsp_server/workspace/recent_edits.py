"""The places that the user edited last, file by file. Those in other files are worth showing to the model."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from engine.types import EditedFile, LineRange
from lsp_server.workspace.documents import FolderFile

MAX_FILES = 20
MAX_RANGES = 8  # of one file
JOINED_LINES = 3  # edits that are no further apart are one place


class RecentEdits:
    """Ranges of lines by file, both in the order of their last edit."""

    def __init__(self) -> None:
        self._ranges: OrderedDict[FolderFile, list[LineRange]] = OrderedDict()

    def add(self, file: FolderFile, first_line: int, end_line: int) -> None:
        """Remember an edit. It joins the range of an earlier one close to it."""
        ranges = self._ranges.setdefault(file, [])
        for known in ranges:
            if known.start - JOINED_LINES <= end_line and first_line <= known.end + JOINED_LINES:
                ranges.remove(known)
                first_line, end_line = min(first_line, known.start), max(end_line, known.end)
                break
        ranges.insert(0, LineRange(first_line, end_line))
        del ranges[MAX_RANGES:]
        self._ranges.move_to_end(file, last=False)
        while len(self._ranges) > MAX_FILES:
            self._ranges.popitem()

    def of_folder(self, root: Path | None, *, without: str) -> tuple[EditedFile, ...]:
        """Return the files edited in a folder, except for the path `without`."""
        return tuple(
            EditedFile(file.path, tuple(ranges))
            for file, ranges in self._ranges.items()
            if file.root == root and file.path != without
        )
