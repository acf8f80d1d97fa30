"""The state of one client's connection. On the event loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from engine.types import EngineError
from lsp_server.client import Client
from lsp_server.completion.cached_model import CachedModel
from lsp_server.completion.definitions import DefinitionFinder
from lsp_server.completion.document_state import OpenDocuments
from lsp_server.completion.provider import CompletionProvider
from lsp_server.models.answers import AnswerWorker
from lsp_server.models.conversations import Conversations
from lsp_server.models.worker import LoadModel, ModelWorker
from lsp_server.next_edit.provider import NextEditProvider
from lsp_server.settings import Settings, read_settings
from lsp_server.status import Status
from lsp_server.workspace.documents import EditorWorkspace, FolderFile
from lsp_server.workspace.folders import WorkspaceFolders
from lsp_server.workspace.recent_edits import RecentEdits


class Session:
    """From `initialize` to `shutdown`."""

    def __init__(self, client: Client, workspace: Callable[[], EditorWorkspace], load_model: LoadModel) -> None:
        self._client = client
        self._settings = Settings()
        self.worker = ModelWorker(load_model)
        self.answers = AnswerWorker()
        self.conversations = Conversations()
        self.documents = OpenDocuments()
        self.edits = RecentEdits()
        self.folders = WorkspaceFolders(client, self.documents.context_changed)
        model = CachedModel(self.worker, self.folders)
        self.next_edits = NextEditProvider(self.worker, self.folders, self.documents, workspace)
        self.completions = CompletionProvider(client, model, self.documents, DefinitionFinder(client, workspace))

    @property
    def settings(self) -> Settings:
        return self._settings

    def apply_settings(self, raw: Any) -> None:
        """Use a client's raw settings from now on, and warn of what is wrong with them."""
        self._settings, complaints = read_settings(raw)
        self.completions.apply_settings(self._settings)
        self.next_edits.apply_settings(self._settings)
        self._client.forget_faults()
        for complaint in complaints:
            self._client.warn(complaint)

    async def prepare_model(self) -> None:
        """Load the model that the settings name before the first request needs it, and show how that goes."""
        if not self._settings.enable:
            self._client.show_status(Status(kind="Inactive"))
            return
        self._client.show_status(replace(self._destination, busy=True))
        try:
            name, notice = await self.worker.prepare(self._settings)
        except EngineError as fault:
            self._client.report_fault(str(fault))
            return
        if notice:
            self._client.warn(notice)
        if name:
            self._show_model(name, notice)

    async def follow_folders(self, roots: list[Path]) -> None:
        """Index these workspace folders and no others."""
        await self.folders.follow(roots, self._settings)

    def opened(self, file: FolderFile, language: str, text: str) -> None:
        """Index a file that was opened, and what it imports, before anybody waits for it."""
        if index := self.folders.opened(file, language, text):
            self.worker.catch_up(index)

    def close_document(self, uri: str) -> None:
        """Forget a document that was closed."""
        self.documents.close(uri)
        self.completions.forget(uri)
        self.next_edits.closed(uri)

    def stop(self) -> None:
        self.folders.stop()
        self.documents.stop()
        self.completions.stop()
        self.next_edits.stop()
        self.answers.stop()
        self.worker.stop()

    @property
    def _destination(self) -> Status:
        """Return a status that says where text is sent, and nothing else."""
        return Status(remote=self._settings.destinations, servers=self._settings.hosts)

    def _show_model(self, name: str, notice: str) -> None:
        remote = self._settings.destinations
        kind: Literal["Warning", "Normal"] = "Warning" if notice else "Normal"
        answering = self.worker.description("chat")
        chat = answering.name if answering and "chat" in answering.capabilities else ""
        status = replace(self._destination, kind=kind, message=notice or remote, model=name, chat=chat)
        if status == self._client.status:
            return  # a client that sends its settings as it starts makes us load the model twice at once
        self._client.show_status(status)
        self._client.log(f"model ready: {name}" + (f" ({remote})" if remote else ""))
