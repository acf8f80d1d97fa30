"""The progress of an index, as the client shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from lsp_server.client import Client

if TYPE_CHECKING:
    from engine.context.workspace import Progress

MIN_SHOWN_FILES = 200  # to index: fewer are done before a user has read the message


class IndexProgress:
    """One folder's index: each of its runs is shown from the first file to the last. On the event loop."""

    def __init__(self, client: Client, folder: str) -> None:
        self._client, self._folder = client, folder
        self._token: types.ProgressToken | None = None
        self._percent = -1

    def show(self, progress: Progress) -> None:
        """Show a new state; a total of 0 ends the run."""
        if progress.total == 0:
            if self._token is not None:
                self._client.end_progress(self._token)
                self._token = None
            return
        if progress.total < MIN_SHOWN_FILES:
            return
        percent = 100 * progress.done // progress.total
        if self._token is None:
            self._token = self._client.begin_progress(f"CodeGeeX: {self._folder}", percent)
        elif percent > self._percent:
            message = f"{progress.done} / {progress.total}"
            self._client.progress(self._token, types.WorkDoneProgressReport(message=message, percentage=percent))
        self._percent = percent
