"""The staged diff of the repository a document is in, as git says it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.types import Document
from lsp_server.documents import workspace_roots
from lsp_server.server import CodegeexServer

GIT_SECONDS = 20.0
MAX_DIFF_BYTES = 4_000_000
# No code of the repository's configuration is run.
COMMAND = ("diff", "--cached", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames")


async def staged_diff(server: CodegeexServer, document: Document | None) -> str:
    """The diff; empty where nothing is staged, or no repository is found."""
    folders = [document.root] if document and document.root else []
    if document and document.file:
        # git's own message file lies in .git, beside which the work tree is.
        inside = next((parent for parent in document.file.parents if parent.name == ".git"), None)
        folders.append(inside.parent if inside else document.file.parent)
    for folder in [*folders, *workspace_roots(server.workspace)]:
        if diff := await _git_diff(folder):
            return diff
    return ""


async def _git_diff(folder: Path) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            "git", "-C", str(folder), *COMMAND, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return ""
    try:
        said, _ = await asyncio.wait_for(process.communicate(), GIT_SECONDS)
    except asyncio.TimeoutError:
        process.kill()
        return ""
    return said[:MAX_DIFF_BYTES].decode("utf-8", "replace") if process.returncode == 0 else ""
