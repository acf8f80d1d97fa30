"""Which files the store holds, and as of when: what a restart compares the disk with."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.context.listing import Stamp


class Manifest:
    """Which files the store holds, as of which stamps. Written after the store: what is missing here is read again."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, modified INTEGER, size INTEGER)"
        )
        self.stamps()  # a damaged file says so now

    def stamps(self) -> dict[str, Stamp]:
        """All of them, read anew: of many files they take more memory than they are worth between two looks."""
        rows = self._database.execute("SELECT path, modified, size FROM files")
        return {path: Stamp(modified, size) for path, modified, size in rows}

    def holds(self, path: str) -> bool:
        return self._database.execute("SELECT 1 FROM files WHERE path = ?", (path,)).fetchone() is not None

    def record(self, changes: dict[str, Stamp | None]) -> None:
        with self._database:
            gone = [(path,) for path, stamp in changes.items() if stamp is None]
            self._database.executemany("DELETE FROM files WHERE path = ?", gone)
            rows = [(path, *stamp) for path, stamp in changes.items() if stamp is not None]
            self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        self._database.close()
