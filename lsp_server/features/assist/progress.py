"""An answer under way, as `$/progress` shows it: its text as it comes to a chat panel, its last line to any editor."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from engine.assist.tasks import AnswerListener
from engine.types import CancellationToken
from lsp_server.client import Client
from lsp_server.event_loop import from_any_thread

REPORT_SECONDS = 0.1  # between two reports of the work; text is sent as it comes
MAX_SHOWN_CHARS = 80  # of the answer's last line


class AnswerProgress:
    """On the event loop, except for `watcher`, which is for the answering thread."""

    def __init__(
        self,
        client: Client,
        cancellation: CancellationToken,
        work_done_token: types.ProgressToken | None,
        partial_token: types.ProgressToken | None,
    ) -> None:
        self._client, self._cancellation = client, cancellation
        self._work, self._partial = work_done_token, partial_token
        self._loop = asyncio.get_running_loop()
        self._reported = 0.0
        self._has_ended = False
        self.text = ""  # so far
        self.watcher = AnswerListener(from_any_thread(self._on_text), from_any_thread(self._on_stage))

    async def begin(self, title: str) -> None:
        """Show that work has begun, and stop it if the client cancels it by its token."""
        self._work = await self._client.begin_work(title, self._work, self._cancellation.cancel)

    def end(self) -> None:
        self._has_ended = True
        if self._work is not None:
            self._client.end_progress(self._work)

    def _on_text(self, text: str) -> None:
        if self._has_ended:  # the text was on its way when the request was cancelled
            return
        self.text += text
        if self._partial is not None:
            self._client.progress(self._partial, {"kind": "text", "text": text})
        now = self._loop.time()
        if self._work is not None and now - self._reported >= REPORT_SECONDS:
            self._reported = now
            last = self.text.rstrip().rpartition("\n")[2][-MAX_SHOWN_CHARS:]
            self._client.progress(self._work, types.WorkDoneProgressReport(message=last))

    def _on_stage(self, stage: str) -> None:
        if self._has_ended:
            return
        if stage == "repairing":
            self.text = ""
        if self._partial is not None:
            self._client.progress(self._partial, {"kind": "stage", "stage": stage})
        if self._work is not None:
            self._client.progress(self._work, types.WorkDoneProgressReport(message=stage))
