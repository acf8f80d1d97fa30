"""The daemon's context for ctxbench: `python benchmarks/context_provider.py`, JSON lines on stdin and stdout.

Index and search are those of a keystroke; only the transport is the benchmark's. An update is a save: it is written to
a copy of the workspace and reported as changed, as by a file watcher.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.context.view import View
from engine.context.workspace import WorkspaceIndex
from engine.document import Cursor
from engine.types import EditedFile, LineRange

INDEX_SECONDS = 600.0


class Provider:
    def __init__(self, folder: Path) -> None:
        self._root, self._store = folder / "workspace", folder / "store"
        self._index: WorkspaceIndex | None = None

    def index(self, root: str) -> None:
        """Return once the store matches the disk: the benchmark measures the first index until then."""
        shutil.copytree(root, self._root)
        self._index = WorkspaceIndex(self._root, folder=self._store)
        self._index.start()
        self._index.wait_idle(INDEX_SECONDS)

    def update(self, path: str, text: str | None) -> None:
        assert self._index
        file = self._root / path
        if text is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        self._index.changed([path])
        self._index.take_notes()

    def query(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        assert self._index
        view = View(
            Cursor.between(asked["prefix"], asked["suffix"], asked["path"]),
            asked["prefix_window"],
            asked["suffix_window"],
            tuple(EditedFile(path, tuple(LineRange(*lines) for lines in ranges)) for path, ranges in asked["recent"]),
        )
        snippets = self._index.find(view, asked["budget_chars"])
        return [
            {"path": s.path, "start": s.start_line, "end": s.end_line, "text": s.text, "score": s.score}
            for s in snippets
        ]

    def stop(self) -> None:
        if self._index:
            self._index.stop()


def main() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        provider = Provider(Path(folder))
        for line in sys.stdin:
            message = json.loads(line)
            answer: dict[str, Any] = {"ok": True}
            if message["op"] == "index":
                provider.index(message["root"])
            elif message["op"] == "update":
                provider.update(message["path"], message["text"])
            elif message["op"] == "query":
                answer = {"snippets": provider.query(message)}
            elif message["op"] == "stop":
                break
            print(json.dumps(answer), flush=True)
        provider.stop()


if __name__ == "__main__":
    main()
