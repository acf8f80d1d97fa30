"""Which files are in the store, and in which version: a restart compares the disk with it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.context.listing import Stamp


class Manifest:
    """The stamps of the files in the store. Written after the store: what is missing here is read again."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, modified INTEGER, size INTEGER)"
        )
        self.stamps()  # raises now if the file is damaged

    def stamps(self) -> dict[str, Stamp]:
        """Return all stamps, read from disk: those of many files take too much memory to be kept."""
        rows = self._database.execute("SELECT path, modified, size FROM files")
        return {path: Stamp(modified, size) for path, modified, size in rows}

    def holds(self, path: str) -> bool:
        """True if the file is in the store."""
        return self._database.execute("SELECT 1 FROM files WHERE path = ?", (path,)).fetchone() is not None

    def paths_below(self, folder: str) -> list[str]:
        """Return the files that are held of a folder, and of those in it."""
        below = (f"{folder}/", f"{folder}0")  # "0" follows "/"
        return [path for (path,) in self._database.execute("SELECT path FROM files WHERE path > ? AND path < ?", below)]

    def record(self, changes: dict[str, Stamp | None]) -> None:
        """Write the stamps of files that were stored; None: of a file that was removed."""
        with self._database:
            gone = [(path,) for path, stamp in changes.items() if stamp is None]
            self._database.executemany("DELETE FROM files WHERE path = ?", gone)
            rows = [(path, *stamp) for path, stamp in changes.items() if stamp is not None]
            self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        self._database.close()
