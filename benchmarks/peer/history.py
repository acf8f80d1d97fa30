"""Real edits to replay: ctxbench's development repositories commit by commit, or this repository's own git history."""

from __future__ import annotations

import io
import json
import lzma
import random
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peer.strokes import Stroke, strokes
from engine.languages import language_of

ROOT = Path(__file__).parents[2]
CTXBENCH = ROOT.parent / "shared" / "ctxbench"
OWN_COMMITS = 60
MAX_FILE_CHARS = 60_000
MIN_STROKES = 20  # of a visit: fewer are no typing
SWITCH_S = 4.0  # to find one's way in another file
VISIT_S = 25.0  # in one file at most


@dataclass(frozen=True)
class Edit:
    """One commit's change of one file. `path` is relative to the repository."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class History:
    """A repository's text files at the start, and the edits that follow, in order."""

    name: str
    files: dict[str, str]
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Visit:
    """A file is opened, typed in and saved."""

    path: str
    language: str
    before: str
    strokes: tuple[Stroke, ...]

    @property
    def seconds(self) -> float:
        return SWITCH_S + sum(stroke.pause_s for stroke in self.strokes)


@dataclass(frozen=True)
class Session:
    """A user's time in one repository. `files` are those on disk when it begins."""

    name: str
    files: dict[str, str]
    visits: tuple[Visit, ...]


def histories(ctxbench: Path) -> list[History]:
    """Return the histories of ctxbench, or this repository's own without it. Exits with a message without either."""
    if (ctxbench / "data" / "steps").is_dir():
        return [replayed(ctxbench / "data", file.name.split(".")[0]) for file in sorted_steps(ctxbench)]
    print(f"{ctxbench} is absent: this repository's own history is typed")
    return [own_history(ROOT)]


def sorted_steps(ctxbench: Path) -> list[Path]:
    return sorted((ctxbench / "data" / "steps").glob("*.jsonl.xz"))


def replayed(data: Path, name: str) -> History:
    files = read_tar((data / "repos" / f"{name}.tar.xz").read_bytes())
    with lzma.open(data / "steps" / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        steps = [json.loads(line)["files"] for line in lines]
    return History(name, files, tuple(edits(files, steps)))


def edits(files: dict[str, str], steps: list[dict[str, str | None]]) -> Iterator[Edit]:
    """Return edits from each step's files as they are afterwards; files that are added or deleted are not typed."""
    now = dict(files)
    for step in steps:
        for path, after in step.items():
            if after is None:
                now.pop(path, None)
                continue
            if (before := now.get(path)) is not None and before != after:
                yield Edit(path, before, after)
            now[path] = after


def own_history(root: Path, suffix: str = ".py") -> History:
    """Return the last commits' changes of files with that suffix."""
    commits = git(root, "rev-list", "--no-merges", f"--max-count={OWN_COMMITS + 1}", "HEAD").decode().split()
    if len(commits) < 2:
        raise SystemExit("nothing to type: this clone has no history (a shallow one?) and ctxbench is absent")
    first, *later = reversed(commits)
    files = read_tar(git(root, "archive", first))
    steps: list[dict[str, str | None]] = []
    for commit in later:
        changed = git(root, "diff-tree", "--no-commit-id", "--name-only", "-r", "--diff-filter=AM", commit).decode()
        paths = [path for path in changed.splitlines() if path.endswith(suffix)]
        steps.append({path: git(root, "show", f"{commit}:{path}").decode() for path in paths})
    return History(root.name, files, tuple(edits(files, steps)))


def git(root: Path, *words: str) -> bytes:
    done = subprocess.run(("git", "-C", str(root), *words), capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"nothing to type: git {words[0]} says {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def read_tar(packed: bytes) -> dict[str, str]:
    files: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            if member.isfile() and (stream := archive.extractfile(member)):
                try:
                    files[member.name] = stream.read().decode()
                except UnicodeDecodeError:
                    continue
    return files


def session(history: History, seconds: float, rng: random.Random) -> Session:
    """Return so many seconds of typing from a random edit on, with the files as they are when it begins."""
    typed: list[tuple[int, Visit]] = []
    first = rng.randrange(max(1, len(history.edits) // 2))
    left = seconds
    for number, edit in enumerate(history.edits[first:], first):
        if left <= 0:
            break
        if "\r" in edit.before + edit.after or len(edit.after) > MAX_FILE_CHARS:
            continue
        language = language_of("", edit.path).id
        made = strokes(edit.before, edit.after, rng, opens_with_colon=language == "python")
        if sum(stroke.asks for stroke in made) < MIN_STROKES:
            continue
        made = within(made, min(left, VISIT_S) - SWITCH_S)
        if made:
            typed.append((number, Visit(edit.path, language, edit.before, tuple(made))))
            left -= typed[-1][1].seconds
    files = dict(history.files)
    for edit in history.edits[: typed[0][0] if typed else 0]:
        files[edit.path] = edit.after
    return Session(history.name, files, tuple(visit for _, visit in typed))


def within(made: list[Stroke], seconds: float) -> list[Stroke]:
    """Return as many of the first strokes as there is time for."""
    total, kept = 0.0, []
    for stroke in made:
        total += stroke.pause_s
        if total > seconds:
            break
        kept.append(stroke)
    return kept
