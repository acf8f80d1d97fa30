"""What of a request a model may not be shown: files of a diff, and documents that may not be sent to a server."""

from __future__ import annotations

from pathlib import Path

from engine.assist.diffs import names_in
from engine.assist.tasks import AssistRequest, AssistTask
from engine.assist.wording import sentence
from engine.context.exclusion import why_private
from engine.context.repository import find_repository
from engine.document import Document
from engine.model.folder import ModelDescription
from engine.types import PrivateTextError


def check_private(request: AssistRequest, description: ModelDescription) -> None:
    """Raises `PrivateTextError` if the document's text would be sent to a server, and may not be.

    Of a question the document is left out, unless some of it is selected; of a commit message always.
    """
    document = request.document
    is_shown = request.task is not AssistTask.COMMIT and (request.task is not AssistTask.ASK or request.selection)
    if document is None or not is_shown or not description.is_remote:
        return
    if reason := why_private(document, request.excluded):
        raise PrivateTextError(
            sentence("not_sent", request.words, path=document.path, name=description.name, reason=reason)
        )


def private_files(request: AssistRequest) -> dict[str, str]:
    """Return the files of a diff whose lines may not be shown, each with the reason."""
    found = {}
    for name in names_in(request.diff):
        if reason := _why_private(name, request):
            found[name] = reason
    return found


def _why_private(name: str, request: AssistRequest) -> str:
    """Return why a file of the repository may not be shown, or ""; which repository it is, the file itself tells."""
    files = [folder / name for folder in _repositories(request)]
    for file in [each for each in files if each.exists()] or files:
        root = next((root for root in request.roots if file.is_relative_to(root)), None)
        if reason := why_private(Document(name, "", "", file, root), request.excluded):
            return reason
    return ""


def _repositories(request: AssistRequest) -> list[Path]:
    """Return the folders that the paths of a diff may be relative to."""
    here = request.document.file.parent if request.document and request.document.file else None
    folders = [here, *request.roots] if here else [*request.roots]
    return list(dict.fromkeys(find_repository(folder) or folder for folder in folders))
