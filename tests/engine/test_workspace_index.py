"""The index of a workspace on disk: built by a process of its own, kept up to date, and hard to hurt."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.context.indexer import Indexer
from engine.context.layers import LayeredIndex
from engine.context.source import Source
from engine.context.store import (
    CHUNKS,
    StoreBusyError,
    StoreError,
    StoreReader,
    StoreUnavailableError,
    StoreWriter,
    _guarded,
    entry_of,
)
from engine.context.workspace import WorkspaceIndex
from tests.engine.context_files import SECONDS, view_at, write

PAINT = "def paint(wheels, colour):\n    return wheels.coat(colour)\n"
Begin = Callable[..., WorkspaceIndex]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begins an index over `tmp_path/work`, waits until it is as the disk, and stops it in the end."""
    begun: list[WorkspaceIndex] = []
    (tmp_path / "work").mkdir()

    def start(*excluded: str, wait: bool = True) -> WorkspaceIndex:
        index = WorkspaceIndex(tmp_path / "work", excluded, folder=tmp_path / "store")
        begun.append(index)
        index.start()
        assert not wait or index.wait_idle(SECONDS), index.fault
        return index

    yield start
    for index in begun:
        index.stop()


def found(index: WorkspaceIndex, source: str = "paint(<cursor>") -> list[str]:
    return sorted({snippet.path for snippet in index.find(view_at(source), 1_000)})


def stored(tmp_path: Path, **files: str) -> Path:
    """A store with these files."""
    writer = StoreWriter(tmp_path / "chunks")
    for name, text in files.items():
        writer.put(entry_of(Source(name.replace("_dot_", "."), "", text)))
    writer.commit()
    return tmp_path / "chunks"


def test_a_store_gives_back_what_was_put(tmp_path: Path) -> None:
    reader = StoreReader(stored(tmp_path, a_dot_py=PAINT, b_dot_py="x = 1\n"))
    assert [chunk.path for chunk in reader.search("python", {"paint": 1.0}, 5)] == ["a.py"]
    assert [source.path for source in reader.declaring("python", ["paint"], 5)] == ["a.py"]
    source = reader.sources(["a.py", "gone.py"])[0]
    assert (source.text, source.declarations) == (PAINT, Source("a.py", "", PAINT).declarations)


def test_only_one_writes_a_store(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "chunks")
    with pytest.raises(StoreBusyError):
        StoreWriter(tmp_path / "chunks")
    writer.close()


@pytest.mark.parametrize("what", ["meta.json", "*.store", "*.idx", "*.term"])
def test_a_store_that_was_cut_off_says_so(tmp_path: Path, what: str) -> None:
    folder = stored(tmp_path, a_dot_py=PAINT)
    file = next(folder.glob(what))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(StoreError):
        StoreReader(folder).sources(["a.py"])


def test_what_was_edited_wins_over_the_store_until_the_store_has_it(tmp_path: Path) -> None:
    folder = stored(tmp_path, a_dot_py=PAINT)
    layers = LayeredIndex()
    layers.take_store(StoreReader(folder))
    layers.put(Source("a.py", "", "def varnish(wheels): ...\n"))
    assert layers.search("python", {"paint": 1.0}, {"paint": 1.0}, 5) == []
    assert [source.path for source in layers.declaring("python", ["varnish"], 5)] == ["a.py"]
    layers.settle(None, kept=())
    assert layers.edited_source("a.py"), "the store has another text"
    layers.put(Source("a.py", "", PAINT))
    layers.settle(["a.py"], kept=())
    assert layers.edited_source("a.py") is None
    assert layers.search("python", {"paint": 1.0}, {"paint": 1.0}, 5)


def test_a_deleted_file_is_gone_at_once(tmp_path: Path) -> None:
    layers = LayeredIndex()
    layers.take_store(StoreReader(stored(tmp_path, a_dot_py=PAINT)))
    layers.delete("a.py")
    assert layers.search("python", {"paint": 1.0}, {"paint": 1.0}, 5) == []
    assert layers.sources(["a.py"]) == {}


def test_a_workspace_is_indexed_from_disk(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT, _dot_gitignore="mine.py\n", mine_dot_py=PAINT, skip__b_dot_py=PAINT)
    assert found(begin("**/skip")) == ["a.py"]


def test_it_answers_before_there_is_a_store(begin: Begin) -> None:
    index = begin(wait=False)
    index.edited("open.py", "python", PAINT)
    assert found(index) == ["open.py"]


def test_a_restart_begins_where_it_ended(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    begin().stop()
    reader = WorkspaceIndex(tmp_path / "work", folder=tmp_path / "store")
    reader.start()
    reader.stop()  # its process did nothing yet, or little: what is found is what was kept
    assert found(reader) == ["a.py"]


def test_saved_moved_and_deleted_files_are_seen_by_the_next_search(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    index = begin()
    (tmp_path / "work" / "a.py").rename(tmp_path / "work" / "b.py")
    index.changed(["a.py", "b.py"])
    assert found(index) == ["b.py"]
    assert index.wait_idle(SECONDS)
    assert found(index) == ["b.py"]
    (tmp_path / "work" / "b.py").unlink()
    index.changed(["b.py"])
    assert found(index) == []


def test_unsaved_text_wins_until_the_file_is_closed(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    index = begin()
    index.edited("a.py", "python", "def varnish(wheels): ...\n")
    index.changed(["a.py"])  # somebody else writes the file: the editor's text still counts
    assert found(index) == []
    index.closed("a.py")
    assert found(index) == ["a.py"]


def test_what_was_merely_looked_at_is_not_held_beside_the_store(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    index = begin()
    for path in ("a.py", "never_saved.py"):
        index.opened(path, "python", PAINT)
        found(index)
        index.closed(path)
    assert found(index) == ["a.py"]
    assert index._layers.edited_source("a.py") is None
    assert not index._layers._deleted


def test_what_a_build_writes_is_not_committed(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT, _dot_gitignore="built/\n")
    index = begin()
    stamps = sorted((file.name, file.stat().st_mtime_ns) for file in (tmp_path / "store" / "chunks").iterdir())
    write(tmp_path / "work", built__b_dot_py=PAINT)
    index.changed(["built/b.py"])
    assert index.wait_idle(30)
    assert found(index) == ["a.py"]
    assert stamps == sorted((file.name, file.stat().st_mtime_ns) for file in (tmp_path / "store" / "chunks").iterdir())


def test_a_branch_switch_changes_thousands_at_once(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", **{f"a{n}_dot_py": "x = 1\n" for n in range(300)})
    index = begin()
    write(tmp_path / "work", **{f"a{n}_dot_py": PAINT for n in range(200)})
    for n in range(200, 300):
        (tmp_path / "work" / f"a{n}.py").unlink()
    index.changed([f"a{n}.py" for n in range(300)])
    assert index.wait_idle(SECONDS)
    chunks = {chunk.path for chunk in StoreReader(tmp_path / "store" / CHUNKS).search("python", {"paint": 1.0}, 1_000)}
    assert chunks == {f"a{n}.py" for n in range(200)}
    assert set(found(index)) <= chunks


def test_a_file_saved_very_often_ends_as_it_was_saved_last(begin: Begin, tmp_path: Path) -> None:
    index = begin()
    for n in range(100):
        (tmp_path / "work" / "a.py").write_text(f"def paint_{n}(wheels): ...\n")
        index.changed(["a.py"])
    assert index.find(view_at("wheels(<cursor>"), 500)[0].text == "def paint_99(wheels): ..."
    assert index.wait_idle(SECONDS)
    assert index.find(view_at("wheels(<cursor>"), 500)[0].text == "def paint_99(wheels): ..."


def test_new_ignore_rules_count(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT, b_dot_py=PAINT)
    index = begin()
    write(tmp_path / "work", _dot_gitignore="a.py\n")
    index.changed([".gitignore"])
    assert found(index) == ["b.py"], "at once, whatever the store still holds"
    assert index.wait_idle(SECONDS)
    assert found(index) == ["b.py"]


@pytest.mark.parametrize("what", ["meta.json", "*.store", "*.term"])
def test_a_damaged_store_is_built_anew(begin: Begin, tmp_path: Path, what: str) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    begin().stop()
    file = next((tmp_path / "store" / CHUNKS).glob(what))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    index = begin(wait=False)
    found(index)  # whatever is there, no error
    assert index.wait_idle(SECONDS)
    found(index)
    assert index.wait_idle(SECONDS)
    assert found(index) == ["a.py"]


def test_a_damaged_manifest_is_built_anew(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    begin().stop()
    (tmp_path / "store" / "manifest.sqlite").write_bytes(b"no database" * 1_000)
    assert found(begin()) == ["a.py"]


def test_two_windows_share_a_store(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    first = begin()
    second = begin()
    assert found(second) == ["a.py"]
    first.stop()
    write(tmp_path / "work", b_dot_py=PAINT)
    second.changed(["b.py"])
    assert found(second) == ["a.py", "b.py"]


def test_a_folder_that_cannot_be_written_is_said_and_open_files_still_help(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "store").write_text("a file where the store should be")
    index = WorkspaceIndex(tmp_path / "work", folder=tmp_path / "store")
    index.start()
    assert index.wait_idle(SECONDS)
    index.edited("open.py", "python", PAINT)
    assert found(index) == ["open.py"]
    index.stop()


class FullDisk(StoreWriter):
    def commit(self) -> None:
        raise StoreError("No space left on device (os error 28)")


@pytest.mark.large
def test_a_disk_that_is_really_full_is_said_and_open_files_still_help(tmp_path: Path) -> None:
    disk = tmp_path / "small disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False, capture_output=True
    ).returncode:
        pytest.skip("a file system can only be mounted by root")
    try:
        rng = random.Random(1)
        texts = ("".join(f"def f{rng.random()}(): ...\n".replace(".", "") for _ in range(900)) for _ in range(200))
        write(tmp_path / "work", **{f"a{number}_dot_py": text for number, text in enumerate(texts)})
        index = WorkspaceIndex(tmp_path / "work", folder=disk / "store")
        index.start()
        assert index.wait_idle(SECONDS)
        assert index.fault.endswith("is full")
        index.edited("open.py", "python", PAINT)
        assert found(index) == ["open.py"]
        index.stop()
    finally:
        subprocess.run(["umount", disk], check=False)


def test_a_full_disk_is_said_and_what_was_stored_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    said: list[dict[str, object]] = []
    monkeypatch.setattr("engine.context.indexer.StoreWriter", FullDisk)
    Indexer(tmp_path / "work", tmp_path / "store", (), said.append).run()
    assert said[-1]["event"] == "fault"
    assert str(said[-1]["message"]).endswith("is full")
    assert (tmp_path / "store").exists()


def test_a_file_that_goes_while_it_is_read_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "work", a_dot_py=PAINT, gone_dot_py=PAINT)
    said: list[dict[str, object]] = []
    read = Path.read_bytes

    def vanish(file: Path) -> bytes:
        if file.name == "gone.py":
            file.unlink()
        return read(file)

    monkeypatch.setattr(Path, "read_bytes", vanish)
    indexer = Indexer((tmp_path / "work").resolve(), tmp_path / "store", (), said.append)
    indexer.commands.read([json.dumps({"do": "changed", "paths": ["a.py"], "n": 1})])
    indexer.run()
    assert not [event for event in said if event["event"] == "fault"]


def test_progress_is_told_and_ends(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", **{f"a{n}_dot_py": PAINT for n in range(40)})
    told: list[tuple[int, int]] = []
    ended = threading.Event()

    def on_progress(progress: tuple[int, int]) -> None:
        told.append(tuple(progress))  # type: ignore[arg-type]
        if progress == (0, 0):
            ended.set()

    index = WorkspaceIndex(tmp_path / "work", (), on_progress, tmp_path / "other")
    index.start()
    assert ended.wait(SECONDS)
    assert told == [(32, 40), (40, 40), (0, 0)]
    index.stop()
    shutil.rmtree(tmp_path / "other", ignore_errors=True)


def test_names_that_are_hard_to_write_down(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", **{"two\nlines_dot_py": PAINT, "a b__c d_dot_py": PAINT, "\u4f60_dot_py": PAINT})
    (tmp_path / "work" / os.fsdecode(b"no \xff text.py")).write_text(PAINT)
    (tmp_path / "work" / os.fsdecode(b"no \xff text")).mkdir()
    (tmp_path / "work" / os.fsdecode(b"no \xff text") / "a.py").write_text(PAINT)
    index = begin()
    stored = StoreReader(tmp_path / "store" / CHUNKS)
    assert {chunk.path for chunk in stored.search("python", {"paint": 1.0}, 9)} == {
        "a b/c d.py",
        "two\nlines.py",
        "\u4f60.py",
    }
    assert set(found(index)) <= {"a b/c d.py", "two\nlines.py", "\u4f60.py"}
    assert index.fault == ""


@pytest.mark.parametrize("said", ["Too many open files (os error 24)", "Read-only file system", "Permission denied"])
def test_a_store_that_cannot_be_written_now_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    class Obstructed(StoreWriter):
        def commit(self) -> None:
            with _guarded():
                raise OSError(said)

    write(tmp_path / "work", a_dot_py=PAINT)
    events: list[dict[str, object]] = []
    monkeypatch.setattr("engine.context.indexer.StoreWriter", Obstructed)
    Indexer(tmp_path / "work", tmp_path / "store", (), events.append).run()
    assert [event["event"] for event in events if event["event"] != "progress"] == ["fault"]
    assert (tmp_path / "store" / CHUNKS / "meta.json").exists()
    assert "os error" not in str(events[-1]["message"])


def test_a_store_that_cannot_be_read_now_is_not_built_again(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    index = begin()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StoreReader, "refresh", raise_unavailable)
        index.changed(None)
        assert index.wait_idle(SECONDS)
        found(index)
    assert found(index) == ["a.py"]
    assert index._layers.fault == ""


def raise_unavailable(_: StoreReader) -> None:
    raise StoreUnavailableError("too many files are open")


@pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead")
def test_only_its_owner_can_open_the_store(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "store").mkdir(mode=0o755)
    indexer = Indexer(tmp_path / "work", tmp_path / "store", (), lambda _: None)
    indexer.commands.read([])
    indexer.run()
    assert (tmp_path / "store").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda work: (work / "a.py").unlink(),
        lambda work: (work / "a.py").write_text(PAINT + "KEY = '''-----BEGIN RSA PRIVATE KEY-----'''\n"),
        lambda work: (work / "a.py").write_text(PAINT.replace("colour", "color")),
        lambda work: (work / ".gitignore").write_text("a.py\n"),
    ],
    ids=["deleted", "given a private key", "changed", "ignored"],
)
def test_what_was_found_is_no_longer_shown_once_its_file_may_not_be(
    begin: Begin, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    index = begin()
    snippets = index.find(view_at("paint(<cursor>"), 1_000)
    before = index.changes
    assert snippets
    assert index.still_shows(snippets)
    change(tmp_path / "work")
    index.changed([".gitignore" if (tmp_path / "work" / ".gitignore").exists() else "a.py"])
    assert index.changes > before
    assert not index.still_shows(snippets)


def copies_on_disk(folder: Path, text: bytes) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and text in file.read_bytes()]


def test_no_copy_is_kept_of_a_file_that_becomes_ignored(begin: Begin, tmp_path: Path) -> None:
    write(tmp_path / "work", a_dot_py=PAINT, b_dot_py="def quokka_4711(): ...\n")
    index = begin()
    assert copies_on_disk(tmp_path / "store", b"quokka_4711")
    write(tmp_path / "work", _dot_gitignore="b.py\n")
    index.changed([".gitignore"])
    assert index.wait_idle(SECONDS)
    assert copies_on_disk(tmp_path / "store", b"quokka_4711") == []
    assert found(index) == ["a.py"]


def test_a_folder_that_is_reported_alone_takes_its_files_along(begin: Begin, tmp_path: Path) -> None:
    work = tmp_path / "work"
    write(work, pkg__a_dot_py=PAINT)
    index = begin()
    (work / "pkg").rename(work / "lib")
    index.changed(["pkg", "lib"])
    assert index.wait_idle(SECONDS)
    assert found(index) == ["lib/a.py"]
    shutil.rmtree(work / "lib")
    assert found(index) == [], "even before the editor reports it"
    index.changed(["lib"])
    write(work, deep__er__b_dot_py=PAINT)
    index.changed(["deep"])
    assert index.wait_idle(SECONDS)
    assert found(index) == ["deep/er/b.py"]


@pytest.mark.parametrize("function", ["pathlib.Path.read_bytes", "os.scandir"])
def test_files_that_cannot_be_opened_for_want_of_descriptors_are_not_gone(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    write(tmp_path / "work", a_dot_py=PAINT)
    index = begin()
    index.stop()
    write(tmp_path / "work", b_dot_py=PAINT)
    events: list[dict[str, object]] = []
    monkeypatch.setattr(function, raise_exhausted)
    Indexer((tmp_path / "work").resolve(), tmp_path / "store", (), events.append).run()
    assert str(events[-1]["message"]).endswith("too many files are open")
    index.changed(["a.py"])
    assert found(index) == ["a.py"]


def raise_exhausted(*_: object) -> None:
    raise OSError(errno.EMFILE, "Too many open files")
