"""The published files of a checkpoint: their checksums, their licence, and files that only stand for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from engine.model.folder import sha256_of
from engine.types import ModelError

LFS_POINTER = b"version https://git-lfs"
HASHED_SUFFIXES = frozenset({".safetensors", ".bin", ".pt", ".pth", ".model", ".json", ".txt"})
SHA256_HEX = re.compile(r"[0-9a-f]{64}")
LICENCE_FILES = ("MODEL_LICENSE", "MODEL_LICENSE.md", "MODEL_LICENSE.txt", "LICENSE", "LICENSE.md", "LICENSE.txt")


def list_published_files(folder: Path) -> list[Path]:
    """Return the files that belong to the checkpoint, by kind; not the folder's own history or cache."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in HASHED_SUFFIXES)


def check_files(files: list[Path], hashed: Callable[[int], None]) -> dict[str, str]:
    """Return the SHA-256 of each file, by name. `hashed` is called with the number of bytes of each block.

    Raises `ModelError` for a file whose checksum is not the published one (in a SHA256SUMS file next to it, or as noted
    by the hub's downloader), and for a Git LFS pointer in place of a file.
    """
    sums: dict[str, str] = {}
    for path in files:
        expected = _expected(path)
        found = _sha256(path, hashed)
        if expected and found != expected:
            raise ModelError(f"{path} is damaged: its checksum is not the published one; download it again")
        sums[path.name] = found
    return sums


def find_licence(folder: Path) -> str:
    """Return the licence in the model card, else the first line of a licence file, else ""."""
    card = _text(folder / "README.md")
    if match := re.search(r"(?m)\A---\n(?:.*\n)*?license(?:_name)?:\s*(\S.*)", card):
        return match[1].strip()
    for name in LICENCE_FILES:
        if lines := [line.strip() for line in _text(folder / name).splitlines() if line.strip()]:
            return lines[0]
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _expected(path: Path) -> str:
    """Return the published checksum, if there is one next to the file, else ""."""
    # huggingface_hub writes the commit, the ETag (for a large file its SHA-256) and the time, each on a line.
    noted = _text(path.parent / ".cache" / "huggingface" / "download" / f"{path.name}.metadata").splitlines()
    if len(noted) > 1 and SHA256_HEX.fullmatch(noted[1].strip()):
        return noted[1].strip()
    for line in _text(path.parent / "SHA256SUMS").splitlines():
        checksum, _, name = line.partition(" ")
        if name.strip().lstrip("*") == path.name and SHA256_HEX.fullmatch(checksum):
            return checksum
    return ""


def refuse_lfs_pointer(path: Path) -> None:
    """Raise `ModelError` for a Git LFS pointer, and `OSError` for a file that cannot be read."""
    with path.open("rb") as stream:
        if stream.read(len(LFS_POINTER)) == LFS_POINTER:
            raise ModelError(f"{path} is a Git LFS pointer, not the file itself: run `git lfs pull` in its folder")


def _sha256(path: Path, hashed: Callable[[int], None]) -> str:
    try:
        refuse_lfs_pointer(path)
        return sha256_of(path, hashed)
    except OSError as fault:
        raise ModelError(f"{path} cannot be read: {fault.strerror}") from fault
