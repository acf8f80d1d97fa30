"""Folders that the system cannot watch."""

from __future__ import annotations

import errno
import queue
from pathlib import Path

import pytest

from lsp_server.workspace import watcher as module
from lsp_server.workspace.watcher import Watcher


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "because this user watches too many files already (see fs.inotify.max_user_watches)"),
        (errno.EMFILE, "because this user watches files in too many programs"),
        (errno.EPERM, "because the system cannot watch it"),
    ],
)
def test_a_folder_that_cannot_be_watched_is_searched_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    class Refused:
        daemon = True

        def schedule(self, *_: object, **__: object) -> None:
            raise OSError(code, "inotify watch limit reached")

        def stop(self) -> None: ...

    monkeypatch.setattr("watchdog.observers.Observer", Refused)
    monkeypatch.setattr(module, "RESCAN_SECONDS", 0.01)
    changes: queue.Queue[tuple[Path, list[str] | None]] = queue.Queue()
    watcher = Watcher(lambda root, paths: changes.put((root, paths)))
    assert words in watcher.watch(tmp_path)
    assert changes.get(timeout=10) == (tmp_path, None)
    watcher.stop()


def test_a_folder_that_was_removed_is_watched_again_once_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETURN_SECONDS", 0.01)
    work, came = tmp_path / "work", queue.SimpleQueue[list[str] | None]()
    work.mkdir()
    watcher = Watcher(lambda _, paths: came.put(paths))
    watcher.watch(work)
    work.rmdir()
    while came.get(timeout=10) is not None:
        work.mkdir(exist_ok=True)
    (work / "a.py").write_text("x = 1\n")
    while "a.py" not in (came.get(timeout=10) or []):
        pass
    watcher.stop()
