"""The staged diff of the repository that a document is in."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.context.git import find_git, git_command, git_environment
from engine.document import Document
from lsp_server.features.assist.answering import RequestFailed
from lsp_server.server import CodegeexServer

COMMIT_MESSAGE_LANGUAGES = {"git-commit", "gitcommit"}  # languageIds of git's own message file
GIT_SECONDS = 20.0
MAX_DIFF_BYTES = 4_000_000
# Whatever the repository's configuration holds: none of its programs is run, and names are written the usual way.
DIFF = (
    "-c", "core.quotePath=false", "diff", "--cached", "--no-color", "--no-ext-diff", "--no-textconv",
    "--submodule=short", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


async def staged_diff(server: CodegeexServer, document: Document | None) -> str:
    """Return the diff; empty if nothing is staged, or no repository is found.

    Raises `RequestFailed` if git is missing or does not work.
    """
    git = await asyncio.to_thread(find_git)
    if git is None:
        raise RequestFailed("git is not installed, or does not run")
    places: list[tuple[Path, tuple[str, ...]]] = []
    if document and document.file:
        folder = document.file.parent
        # git's own message file lies in .git, or in its part of it for a worktree or a submodule.
        inside = ".git" in folder.parts and (folder / "HEAD").is_file()
        places.append((folder, ("--git-dir", ".") if inside else ()))
    roots = [document.root] if document and document.root else []
    places += [(Path(folder), ()) for folder in (*roots, *server.workspace.roots)]
    for folder, options in dict.fromkeys(places):
        if diff := await _git_diff(git_command(git, folder, *options, *DIFF)):
            return diff
    return ""


async def _git_diff(command: list[str]) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, env=git_environment(), start_new_session=True,
        )  # fmt: skip
    except OSError:
        return ""
    try:
        return (await asyncio.wait_for(_output_of_process(process), GIT_SECONDS)).decode("utf-8", "replace")
    except asyncio.TimeoutError:
        raise RequestFailed(f"git does not answer within {GIT_SECONDS:g} s") from None
    finally:  # also if the request was cancelled
        if process.returncode is None:
            from engine.sandbox.sandbox import kill_group

            kill_group(process.pid)
        await process.wait()


async def _output_of_process(process: asyncio.subprocess.Process) -> bytes:
    """Return the first `MAX_DIFF_BYTES` of its output; nothing if it fails."""
    if process.stdout is None:
        return b""
    try:
        return await process.stdout.readexactly(MAX_DIFF_BYTES)
    except asyncio.IncompleteReadError as end:
        return end.partial if await process.wait() == 0 else b""
