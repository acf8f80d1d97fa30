"""Where stores lie, and which of them are removed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.context import store_folder as stores
from engine.context.store import CHUNKS, StoreWriter
from engine.context.store_folder import prepare_store_folder, remove_unused_stores, store_folder


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace folder; the user's stores are in `tmp_path` too."""
    monkeypatch.setattr(stores, "stores_folder", lambda: tmp_path / "index")
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def made(root: Path, *excluded: str, used_days_ago: float = 0.0) -> Path:
    folder = store_folder(root, excluded)
    prepare_store_folder(folder, root)
    then = time.time() - used_days_ago * 86_400
    os.utime(folder / stores.ROOT, (then, then))
    return folder


def test_other_patterns_have_a_store_of_their_own(work: Path) -> None:
    assert store_folder(work) == store_folder(work)
    assert store_folder(work) != store_folder(work, ("private/**",))


def test_a_store_of_other_patterns_is_removed_with_its_copies(work: Path) -> None:
    before, now = made(work, used_days_ago=1), made(work, "private/**")
    assert not remove_unused_stores(now, work)
    assert (before.exists(), now.exists()) == (False, True)


def test_a_store_that_another_window_uses_stays_until_it_ends(work: Path) -> None:
    before, now = made(work, used_days_ago=1), made(work, "private/**")
    writer = StoreWriter(before / CHUNKS)
    assert remove_unused_stores(now, work)
    assert before.exists()
    writer.close()
    del writer
    assert not remove_unused_stores(now, work)
    assert not before.exists()


def test_a_store_that_another_window_has_just_made_stays(work: Path) -> None:
    begun, now = made(work), made(work, "private/**")
    assert remove_unused_stores(now, work)
    assert begun.exists()


@pytest.mark.parametrize(
    ("exists", "days", "stays"), [(True, 80, True), (True, 100, False), (False, 3, True), (False, 10, False)]
)
def test_a_store_without_use_or_workspace_is_removed_after_a_while(
    work: Path, exists: bool, days: int, stays: bool
) -> None:
    other = work.parent / "other"
    other.mkdir()
    folder, now = made(other, used_days_ago=days), made(work)
    if not exists:
        other.rmdir()
    remove_unused_stores(now, work)
    assert folder.exists() == stays


def test_a_store_of_an_older_version_is_removed(work: Path) -> None:
    old = stores.stores_folder() / f"work-{'0' * 16}-3"
    old.mkdir(parents=True)
    remove_unused_stores(made(work), work)
    assert not old.exists()


def test_nothing_but_stores_is_removed(work: Path) -> None:
    now = made(work)
    (stores.stores_folder() / "my-notes").mkdir()
    remove_unused_stores(now, work)
    assert (stores.stores_folder() / "my-notes").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead")
def test_only_its_owner_can_open_a_store(work: Path) -> None:
    folder = store_folder(work)
    folder.mkdir(parents=True, mode=0o755)
    prepare_store_folder(folder, work)
    assert folder.stat().st_mode & 0o077 == 0
