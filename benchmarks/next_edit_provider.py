"""The daemon's next edits for a replay benchmark: `python benchmarks/next_edit_provider.py`, JSON lines.

The very code that the daemon runs, over the very index; only the transport is the benchmark's. An update is a save: it
is written to a copy of the workspace and reported as changed, as a file watcher does.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.context.source import Source
from engine.context.workspace import WorkspaceIndex
from engine.next_edit.editor import NextEditor
from engine.next_edit.history import EditHistory
from engine.next_edit.propose import propose
from engine.next_edit.values import Candidate, Files, Proposal, Situation
from engine.text import line_end_at, with_lf

INDEX_SECONDS = 600.0


def situation_of(source: Source, line: int, history: EditHistory, files: Files) -> Situation:
    return Situation(source, line, history.trail(), files)


def as_suggestion(text: str, candidate: Candidate) -> dict[str, Any]:
    """Return the benchmark's form of a candidate: code points of a text with its own line ends."""
    end, lines = line_end_at(text, 0), text.split("\n")
    new = "".join(line + end for line in candidate.lines)
    start = sum(len(line) + 1 for line in lines[: candidate.start])
    stop = sum(len(line) + 1 for line in lines[: candidate.end])
    if stop > len(text):
        new, stop = new.removesuffix(end), len(text)
        if candidate.start == candidate.end:
            start, new = len(text), end + new
        elif not candidate.lines and start:
            start -= 1
    return {"path": candidate.path, "start": start, "end": stop, "new_text": new}


class Provider:
    def __init__(self, folder: Path) -> None:
        self._root, self._store = folder / "workspace", folder / "store"
        self._texts: dict[str, str] = {}
        self._index: WorkspaceIndex | None = None
        self._editor = NextEditor()

    def index(self, root: str, files: list[str]) -> None:
        """Answer once the store is as the disk."""
        shutil.copytree(root, self._root)
        for path in files:
            self._texts[path] = (self._root / path).read_bytes().decode("utf-8", "replace")
        self._index = WorkspaceIndex(self._root, folder=self._store)
        self._index.start()
        self._index.wait_idle(INDEX_SECONDS)

    def update(self, path: str, text: str | None) -> None:
        assert self._index
        file = self._root / path
        self._index.closed(path)
        if text is None:
            self._texts.pop(path, None)
            file.unlink(missing_ok=True)
        else:
            self._texts[path] = text
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("utf-8", "replace"))
        self._index.changed([path])
        self._index.take_notes()

    def begin(self) -> None:
        self._editor = NextEditor()

    def edit(self, edit: dict[str, Any]) -> None:
        """An edit that is not saved: the index hears of it as of an open file."""
        assert self._index
        path, old = edit["path"], self._texts.get(edit["path"])
        if old is None or not old:
            self._editor.history.observe_new(path, "")
        self._editor.history.observe(path, with_lf(old or ""))
        self._texts[path] = text = (old or "")[: edit["start"]] + edit["new_text"] + (old or "")[edit["end"] :]
        self._editor.history.observe(path, with_lf(text))
        self._index.edited(path, "", text)

    def suggest(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        assert self._index
        text = self._texts.get(query["path"])
        if text is None:
            return []
        source = Source(query["path"], "", with_lf(text))
        outcome = self._index.query(
            lambda index: propose(
                self._editor.situation(source, query["line"], index, self._read), self._editor.refused
            )
        )
        return [self._suggestion(proposal) for proposal in outcome.proposals]

    def _suggestion(self, proposal: Proposal) -> dict[str, Any]:
        text = self._texts[proposal.path]
        return {**as_suggestion(text, proposal.candidate), "score": proposal.probability}

    def _read(self, path: str) -> Source | None:
        text = self._texts.get(path)
        return None if text is None else Source(path, "", with_lf(text))

    def stop(self) -> None:
        if self._index:
            self._index.stop()


def main() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        provider = Provider(Path(folder))
        for line in sys.stdin:
            message = json.loads(line)
            operation = message.pop("op")
            answer: dict[str, Any] = {"ok": True}
            if operation == "stop":
                break
            if operation == "suggest":
                answer = {"suggestions": provider.suggest(message)}
            elif operation == "edit":
                provider.edit(message)
            else:
                getattr(provider, operation)(**message)
            print(json.dumps(answer), flush=True)
        provider.stop()


if __name__ == "__main__":
    main()
