"""The folders of stores in the user's cache: where each lies, that only its owner can open it, and their removal.

A store holds text of its workspace. So a store that no window uses any more is removed: of a workspace that is gone, of
other patterns of exclusion, or of another format.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import time
from pathlib import Path

from engine.context.store import CHUNKS, FORMAT, StoreBusyError, StoreError, StoreWriter
from engine.user_folders import cache_folder

ROOT = "root"  # the file that names a store's workspace; its time of modification is the store's last use
UNUSED_SECONDS = 90 * 86_400.0  # after which a store is removed though its workspace is there
BEGUN_SECONDS = 5.0  # a store used more recently than this may be about to be locked
GONE_SECONDS = 7 * 86_400.0  # after which that of a workspace is removed which is gone: it may be on another disk
NAME = re.compile(r".*-[0-9a-f]{16}(?:-[0-9a-f]{8})?-\d+")  # of all versions
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def store_folder(root: Path, excluded: tuple[str, ...] = ()) -> Path:
    """Return where a workspace's store lies: the same for all windows on it with the same patterns of exclusion."""
    patterns = _digest("\0".join(excluded))[:8]
    return stores_folder() / f"{root.name[:60]}-{_digest(str(root.resolve()))}-{patterns}-{FORMAT}"


def prepare_store_folder(folder: Path, root: Path) -> None:
    """Make a store's folder, which only its owner can open, and note its use. Raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and folder.stat().st_mode & OTHERS:
        folder.chmod(0o700)
    (folder / ROOT).write_bytes(os.fsencode(root))


def remove_unused_stores(used: Path, root: Path) -> bool:
    """Remove the stores that are not needed any more; `used` is that of `root`. Return True if some are left."""
    others = [folder for folder in stores_folder().iterdir() if NAME.fullmatch(folder.name) and folder != used]
    unneeded = [folder for folder in others if folder.is_dir() and _is_unneeded(folder, root)]
    removed = [_unused_seconds(folder) > BEGUN_SECONDS and _remove(folder) for folder in unneeded]
    return not all(removed)


def _is_unneeded(folder: Path, root: Path) -> bool:
    """True for a store of `root`, with other patterns, and for one that has not been used for long."""
    try:
        its_root = Path(os.fsdecode((folder / ROOT).read_bytes()))
    except OSError:  # of a version that did not note this
        return True
    if its_root == root:
        return True
    return _unused_seconds(folder) > (UNUSED_SECONDS if its_root.is_dir() else GONE_SECONDS)


def _unused_seconds(folder: Path) -> float:
    try:
        return time.time() - (folder / ROOT).stat().st_mtime
    except OSError:
        return UNUSED_SECONDS


def _remove(folder: Path) -> bool:
    """Remove a store unless a process writes it. Return whether that was possible."""
    if (folder / CHUNKS).is_dir():
        try:
            StoreWriter(folder / CHUNKS).close()
        except StoreBusyError:
            return False
        except StoreError:
            pass  # damaged, or of another format
    shutil.rmtree(folder, ignore_errors=True)
    return True


def stores_folder() -> Path:
    """Return the folder that holds all stores of this user, and nothing else."""
    return cache_folder() / "index"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
