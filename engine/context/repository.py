"""A repository as its files show it: for our own rules, which apply if git is not installed."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

MAX_INCLUDES = 10
MAX_BYTES = 1_000_000  # a larger file of configuration is not read
_SECTION = re.compile(r"\[\s*([\w.-]+)(?:\s+\"((?:[^\"\\]|\\.)*)\")?\s*\]")
_TRUE = frozenset({"true", "yes", "on", "1", ""})
_ESCAPED = {"n": "\n", "t": "\t", "b": "\b", '"': '"', "\\": "\\"}
_SYSTEM = Path("/etc/gitconfig")


@lru_cache(maxsize=50_000)
def find_repository(folder: Path) -> Path | None:
    """Return the folder of the repository around a folder: the nearest one that holds `.git`."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def git_folder(repository: Path) -> Path:
    """Return where a repository's data lies: `.git`, or the folder that a file of this name points to."""
    named = repository / ".git"
    text = _read(named) if named.is_file() else ""
    return repository / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else named


def common_folder(repository: Path) -> Path:
    """Return what a worktree shares with the repository that it was made from, or the repository's own folder."""
    own = git_folder(repository)
    shared = _read(own / "commondir").strip()
    return own / shared if shared else own


@lru_cache(maxsize=1_000)
def read_config(repository: Path) -> dict[str, str]:
    """Return git's configuration of a repository: the system's, the user's, the repository's own."""
    found: dict[str, str] = {}
    home = Path.home()
    folder = os.environ.get("XDG_CONFIG_HOME") or str(home / ".config")
    users = os.environ.get("GIT_CONFIG_GLOBAL")
    files = [Path(users)] if users else [Path(folder) / "git" / "config", home / ".gitconfig"]
    own = [common_folder(repository) / "config", git_folder(repository) / "config.worktree"]
    for file in (_SYSTEM, *files, *own):
        found.update(_entries(file, repository, MAX_INCLUDES))
    return found


def users_ignore_file(repository: Path) -> Path:
    """Return the ignore file that the user has for all repositories: core.excludesFile, or git's default."""
    named = read_config(repository).get("core.excludesfile")
    if named is not None:
        return _expanded(named, repository) if named else Path(os.devnull)  # an empty name is none at all
    return Path(os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")) / "git" / "ignore"


def ignores_case(repository: Path) -> bool:
    """True if names are compared without regard to case, as git is set up on macOS and Windows."""
    return read_config(repository).get("core.ignorecase", "false").lower() in _TRUE


def forget_repositories() -> None:
    """Drop what was read: it may have changed."""
    find_repository.cache_clear()
    read_config.cache_clear()


def _entries(file: Path, repository: Path, left: int) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of a file of configuration, what it includes among them; names are in lower case."""
    section, condition = "", ""
    for line in _joined(_read(file)):
        text = line.strip()
        if (header := _SECTION.match(text)) is not None:
            section, condition = header[1].lower(), header[2] or ""
            text = text[header.end() :].strip()
        if not text or text[0] in "#;" or not section:
            continue
        name, equals, value = text.partition("=")
        name, value = name.strip().lower(), _value(value) if equals else "true"
        if name == "path" and section in {"include", "includeif"}:
            if left and (section == "include" or _holds(condition, file, repository)):
                yield from _entries(_expanded(value, file.parent), repository, left - 1)
        elif not condition:
            yield f"{section}.{name}", value


def _joined(text: str) -> list[str]:
    """Return the lines, those that a backslash continues joined."""
    return re.sub(r"\\\r?\n", "", text).splitlines()


def _value(text: str) -> str:
    """Return a value without its quotes, escapes and comment."""
    value, kept, is_quoted, at = "", 0, False, 0
    text = text.strip()
    while at < len(text):
        character = text[at]
        if character == "\\" and at + 1 < len(text):
            at += 1
            value += _ESCAPED.get(text[at], text[at])
            kept = len(value)
        elif character == '"':
            is_quoted = not is_quoted
            kept = len(value)
        elif character in "#;" and not is_quoted:
            break
        else:
            value += character
            kept = len(value) if is_quoted or not character.isspace() else kept
        at += 1
    return value[:kept]


def _holds(condition: str, file: Path, repository: Path) -> bool:
    """True if the condition of an `includeIf` is met. Those that need more than files to tell are not."""
    kind, _, pattern = condition.partition(":")
    if kind in {"gitdir", "gitdir/i"}:
        if pattern.startswith("./"):
            pattern = str(file.parent) + pattern[1:]
        elif pattern.startswith("~/"):
            pattern = str(Path.home()) + pattern[1:]
        elif not pattern.startswith("/"):
            pattern = f"**/{pattern}"
        pattern += "**" if pattern.endswith("/") else ""
        place = str(git_folder(repository))
        if kind == "gitdir/i":
            pattern, place = pattern.lower(), place.lower()
        return fnmatch.fnmatchcase(place, pattern.replace("**/", "*").replace("**", "*"))
    if kind == "onbranch":
        branch = _read(git_folder(repository) / "HEAD").strip().removeprefix("ref: refs/heads/")
        return fnmatch.fnmatchcase(branch, pattern + ("**" if pattern.endswith("/") else ""))
    return False


def _expanded(path: str, folder: Path) -> Path:
    """Return a path of a configuration: `~/` is the user's folder, others are relative to `folder`."""
    return folder / (str(Path.home()) + path[1:] if path.startswith("~/") else path)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES).decode("utf-8-sig", "surrogateescape")
    except (OSError, ValueError):
        return ""
