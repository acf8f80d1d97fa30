"""Which files and texts may be read for context: one decision, and its reason in words."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pathspec

from engine.types import Document

MAX_FILE_BYTES = 1_000_000
MAX_LINE_CHARS = 1_000  # a longer line is a minified or generated file's
IGNORE_FILES = (".gitignore", ".codegeexignore")
SECRET_NAMES = (
    ".env", ".env.*", "*.env", ".envrc", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ovpn",
    "*.ppk", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", "_netrc", ".pgpass", ".npmrc", ".pypirc",
    ".htpasswd", ".git-credentials", ".dockercfg", "credentials", "credentials.*", "secret", "secret.*", "secrets",
    "secrets.*", "service-account*.json", "kubeconfig", "local.settings.json", "*.tfvars", "*.tfstate", "*.tfstate.*",
)  # fmt: skip
# Text that is a secret wherever it stands: tokens by their issuers' shapes, then anything assigned to a telling name.
SECRET_TEXT = re.compile(
    r"-----? ?BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File|BEGIN SSH2 ENCRYPTED"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}|\bGOCSPX-[\w-]{20,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20,}"
    r"|\bxox[abprse]-[A-Za-z0-9-]{10,}|\bxapp-[\w-]{20,}|hooks\.slack\.com/services/\w"
    r"|\b[sr]k[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,}|\bnpm_[A-Za-z0-9]{36}|\bpypi-\w{16,}|\bhf_[A-Za-z0-9]{30,}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\b\d{8,10}:AA[\w-]{33}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"
    r"|\b[a-z][a-z0-9+.-]*://[^\s/:@'\"{}$<]+:[^\s/:@'\"{}$<]{3,}@|\bAccountKey=[\w+/=]{20,}|\bBearer [\w.-]{24,}"
    r"|(?:password|passwd|secret|token|api_?key|access_?key)\w*[\"']?\s*[:=]\s*[\"'](?=[^\"'\s]*\d)[^\"'\s{}$<>()]{8,}[\"']",
    re.IGNORECASE,
)


def why_not_file(file: Path, root: Path | None) -> str:
    """Why `file` may not be read for context, or "" where it may. `root` bounds it: links out of it are not followed.

    Touches the disk; call it off the event loop.
    """
    if reason := _why_not_name(file.name):
        return reason
    try:
        real = file.resolve()
        if root is not None and not real.is_relative_to(root.resolve()):
            return "it lies outside the workspace folder"
        if file.stat().st_size > MAX_FILE_BYTES:
            return f"it is larger than {MAX_FILE_BYTES // 1_000_000} MB"
    except (OSError, RuntimeError) as fault:  # RuntimeError: links that lead round in a circle, before Python 3.13
        return f"it cannot be read: {fault}"
    return _why_ignored(real, root.resolve() if root else None)


def why_not_open(document: Document) -> str:
    """Why an open document may not be quoted, or "". What is not saved yet falls under the same rules as its file."""
    if reason := _why_not_name(document.path.rpartition("/")[2]):
        return reason
    return _why_ignored(document.file, document.root) if document.file else ""


def why_not_text(text: str) -> str:
    """Why text of an allowed file may not be quoted, or "" where it may."""
    if "\0" in text:
        return "it is binary"
    if any(len(line) > MAX_LINE_CHARS for line in text.split("\n")):
        return "it looks minified or generated"
    if SECRET_TEXT.search(text):
        return "it holds what looks like a secret"
    return ""


def _why_not_name(name: str) -> str:
    if any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in SECRET_NAMES):
        return "its name says that it holds secrets"
    return ""


def _why_ignored(file: Path, root: Path | None) -> str:
    """The ignore file that excludes `file`, in words, or "".

    As git reads them (gitignore(5)): from the repository's top down, the nearest folder winning, and nothing below an
    ignored folder coming back.
    """
    repository = next((folder for folder in file.parents if (folder / ".git").exists()), None)
    top = repository or root or file.parent
    folders = [folder for folder in reversed(file.parents) if folder.is_relative_to(top)]
    for depth, ancestor in enumerate([*folders[1:], file]):
        verdict = ""
        for rules_file, base in _ignore_files(folders[: depth + 1], repository):
            rules = _rules(rules_file)
            path = ancestor.relative_to(base).as_posix() + ("/" if ancestor != file else "")
            if rules is not None and (included := rules.check_file(path).include) is not None:
                verdict = rules_file.relative_to(top).as_posix() if included else ""
        if verdict:
            return f"ignored by {verdict}"
    return ""


def _ignore_files(folders: list[Path], repository: Path | None) -> Iterator[tuple[Path, Path]]:
    """(ignore file, the folder its patterns are relative to), the strongest last."""
    if repository is not None:
        yield repository / ".git" / "info" / "exclude", repository
    for folder in folders:
        for name in IGNORE_FILES:
            yield folder / name, folder


def _rules(path: Path) -> pathspec.GitIgnoreSpec | None:
    try:
        return _parsed_rules(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _parsed_rules(path: Path, _stamp: int) -> pathspec.GitIgnoreSpec | None:
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return None
    return pathspec.GitIgnoreSpec.from_lines(line for line in lines if _is_pattern(line))


def _is_pattern(line: str) -> bool:
    """Whether the line can be compiled. Git passes over the others too."""
    try:
        pathspec.GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True
