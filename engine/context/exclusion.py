"""Which files may be read for context: one decision, and its reason in words."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache
from pathlib import Path

import pathspec

MAX_FILE_BYTES = 1_000_000
MAX_LINE_CHARS = 1_000  # a longer line is a minified or generated file's
IGNORE_FILES = (".gitignore", ".codegeexignore")
SECRET_NAMES = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*",
    ".netrc", ".pgpass", ".npmrc", ".pypirc", "credentials", "credentials.*", "secrets.*", "*.keystore", "*.tfvars",
)  # fmt: skip
# Text that is a secret wherever it stands. A file that holds one is not quoted from.
SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bAIza[0-9A-Za-z_-]{35}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\."
)


def why_not_file(file: Path, root: Path | None) -> str:
    """Why `file` may not be read for context, or "" where it may. `root` bounds it: links out of it are not followed.

    Touches the disk; call it off the event loop.
    """
    name = file.name.lower()
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in SECRET_NAMES):
        return "its name says that it holds secrets"
    try:
        real = file.resolve()
        if root is not None and not real.is_relative_to(root.resolve()):
            return "it lies outside the workspace folder"
        if file.stat().st_size > MAX_FILE_BYTES:
            return f"it is larger than {MAX_FILE_BYTES // 1_000_000} MB"
    except OSError as fault:
        return f"it cannot be read: {fault.strerror}"
    if root is not None and (rule := _ignored_by(real, root.resolve())):
        return f"ignored by {rule}"
    return ""


def why_not_text(text: str) -> str:
    """Why text of an allowed file may not be quoted, or "" where it may."""
    if "\0" in text:
        return "it is binary"
    if SECRET_TEXT.search(text):
        return "it holds what looks like a secret"
    if any(len(line) > MAX_LINE_CHARS for line in text.split("\n")):
        return "it looks minified or generated"
    return ""


def _ignored_by(file: Path, root: Path) -> str:
    """The ignore file that excludes `file`, nearest folder last and winning, or ""."""
    verdict = ""
    for folder in [*reversed(file.parents)]:
        if not folder.is_relative_to(root):
            continue
        for name in IGNORE_FILES:
            rules = _rules(folder / name)
            if rules is None:
                continue
            result = rules.check_file(file.relative_to(folder).as_posix())
            if result.include is not None:
                verdict = (folder / name).relative_to(root).as_posix() if result.include else ""
    return verdict


def _rules(path: Path) -> pathspec.GitIgnoreSpec | None:
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        return None
    return _parsed_rules(path, stamp)


@lru_cache(maxsize=256)
def _parsed_rules(path: Path, _stamp: int) -> pathspec.GitIgnoreSpec | None:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return pathspec.GitIgnoreSpec.from_lines(lines)
