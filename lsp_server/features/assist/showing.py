"""Shows a text in an editor that has no panel of ours: as a document, or else as a message."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path

from engine.user_folders import cache_folder
from lsp_server.client import Client

KEPT_FILES = 20


async def show(client: Client, name: str, suffix: str, text: str) -> str:
    """Show `text` in a document of its own, or as a message. Return the document's URI, or ""."""
    if client.can.shows_documents:
        file = await asyncio.to_thread(_write, name, suffix, text)
        uri = from_fs_path(str(file)) or "" if file else ""
        if uri and await client.show_document(uri):
            return uri
    client.show_message(types.MessageType.Info, text)
    return ""


def _write(name: str, suffix: str, text: str) -> Path | None:
    """Write `text` to a file in the cache and delete the oldest ones. Return it; None if it cannot be written."""
    folder = cache_folder() / "answers"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        known = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for old in known[: max(0, len(known) - KEPT_FILES + 1)]:
            old.unlink(missing_ok=True)
        number = next(n for n in range(1, KEPT_FILES + 2) if not any(f.stem == f"{name}-{n}" for f in folder.iterdir()))
        file = folder / f"{name}-{number}{suffix}"
        file.write_text(text, encoding="utf-8")
    except OSError:
        return None
    return file
