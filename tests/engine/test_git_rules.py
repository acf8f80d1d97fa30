"""git's rules as git has them: the daemon's verdicts against `git check-ignore`, with git and without it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.context import exclusion, git
from engine.context.exclusion import why_not_file, why_not_open
from engine.context.wildmatch import is_match
from engine.sandbox import tools
from engine.types import Document
from tests.installed import needs, stub

ARRANGEMENTS = 12
NAMES = ("a", "b", "ab", "src", "Build", "lib", "out.py", "x.y", "é", "t t")
FILES = ("main.py", "x.c", "Out.py", "gen.go", "é.py")
PATTERNS = (
    "a", "src/", "/lib", "*.py", "**/b", "ab/**", "!x.c", "!*.py", "src/lib", "[[:alpha:]].c", "o*t.py", "build/", "/*",
    "!/src/", "main.py", "a**/main.py", "[!a-m]*.py", "\\é", "# a", "x.c   ", "*/*/", "?", "[", "é*",
)  # fmt: skip

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="compares with git, which is not installed")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    exclusion.forget()
    return folder


@pytest.fixture(params=["asks git", "reads the rules itself"])
def judge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param != "asks git":
        monkeypatch.setattr(exclusion, "ask_git", lambda *_: None)
    return str(request.param)


def run_git(folder: Path, *arguments: str) -> None:
    needs("git")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True)


def repository(folder: Path, *ignored: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    run_git(folder, "init", "-q")
    (folder / ".gitignore").write_text("".join(f"{line}\n" for line in ignored))
    return folder


def source(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x = 1\n")
    return file


def is_ignored_by_git(file: Path, repositories: list[Path], options: tuple[str, ...]) -> bool:
    """What git says of the file, of the repository that holds it, of the one around that, and so on."""
    path = file
    for each in sorted((r for r in repositories if file.is_relative_to(r)), key=lambda r: -len(r.parts)):
        if subprocess.run(["git", "-C", each, "check-ignore", "-q", *options, path], check=False).returncode == 0:
            return True
        path = each
    return False


@pytest.mark.parametrize("seed", range(ARRANGEMENTS))
def test_random_arrangements_are_judged_as_by_git(tmp_path: Path, home: Path, judge: str, seed: int) -> None:
    chance = random.Random(seed)
    top = repository(tmp_path / "work", *chance.sample(PATTERNS, 2))
    files = {
        source(top.joinpath(*chance.choices(NAMES, k=chance.randint(0, 3)), chance.choice(FILES))) for _ in range(20)
    }
    repositories = [top]
    for folder in sorted({parent for file in files for parent in file.parents if parent.is_relative_to(top)}):
        if chance.random() < 0.3:
            (folder / ".gitignore").write_text("\n".join(chance.sample(PATTERNS, 2)))
        if folder != top and chance.random() < 0.1:
            run_git(folder, "init", "-q")
            repositories.append(folder)
    (top / ".git" / "info" / "exclude").write_text(chance.choice(PATTERNS))
    (home / "ignore").write_text(chance.choice(PATTERNS))
    (home / ".gitconfig").write_text("[core]\n\texcludesFile = ~/ignore ; mine\n" if chance.random() < 0.5 else "")
    run_git(top, "config", "core.ignorecase", chance.choice(["true", "false"]))
    options = () if judge == "asks git" else ("--no-index",)
    ours = {file: bool(why_not_file(file, top)) for file in sorted(files)}
    assert ours == {file: is_ignored_by_git(file, repositories, options) for file in sorted(files)}


@pytest.mark.parametrize(
    "config",
    [
        "[core]\n\texcludesFile = {file}\n",
        "[core] excludesfile = {file} # on the section's line\n",
        "[include]\n\tpath = {file}.inc\n",
        '[includeIf "gitdir:{work}/"]\n\tpath = {file}.inc\n',
        '[alias]\n\texcludesfile = /nowhere\n[core]\n\texcludesFile = "{file}"\n',
    ],
)
@pytest.mark.usefixtures("judge")
def test_the_users_ignore_file_counts_however_it_is_named(tmp_path: Path, home: Path, config: str) -> None:
    work, mine = repository(tmp_path / "work"), home / "my ignore"
    mine.write_text("private.py\n")
    Path(f"{mine}.inc").write_text(f'[core]\n\texcludesFile = "{mine}"\n')
    (home / ".gitconfig").write_text(config.format(file=mine if "#" not in config else "~/plain", work=work))
    (home / "plain").write_text("private.py\n")
    assert why_not_file(source(work / "private.py"), work)
    assert not why_not_file(source(work / "shown.py"), work)


@pytest.mark.usefixtures("judge")
def test_an_empty_name_of_the_users_ignore_file_is_none(tmp_path: Path, home: Path, judge: str) -> None:
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "ignore").write_text("*.py\n")
    (home / ".gitconfig").write_text("[core]\n\texcludesFile =\n")
    work = repository(tmp_path / "work")
    assert not why_not_file(source(work / "a.py"), work)


def test_a_worktree_has_the_exclusions_of_its_repository(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", "wt/")
    run_git(work, "add", "."), run_git(work, "commit", "-qm", "a")
    run_git(work, "worktree", "add", "-q", str(work / "wt"))
    (work / ".git" / "info" / "exclude").write_text("private.py\n")
    assert why_not_file(source(work / "wt" / "a.py"), work) == "ignored by .gitignore"
    assert why_not_file(source(work / "wt" / "private.py"), work / "wt")
    assert not why_not_file(work / "wt" / "a.py", work / "wt"), "opened by itself, it is a workspace like any other"


@pytest.mark.usefixtures("judge")
@pytest.mark.parametrize("rules", [".gitignore", ".codegeexignore"])
@pytest.mark.parametrize(("clone", "line"), [("clone", "/clone/"), ("scratch/tool", "/scratch/"), ("d/lib", "d/lib")])
def test_a_repository_inside_an_ignored_folder_is_ignored(tmp_path: Path, rules: str, clone: str, line: str) -> None:
    work = repository(tmp_path / "work")
    (work / rules).write_text(f"{line}\n")
    repository(work / clone)
    assert why_not_file(source(work / clone / "src" / "a.py"), work) == f"ignored by {rules}"


def test_a_tracked_file_counts_though_its_folder_is_ignored(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", "lib/")
    run_git(work, "add", "-f", str(source(work / "lib" / "kept.py")))
    exclusion.forget()
    assert not why_not_file(work / "lib" / "kept.py", work)
    assert why_not_file(source(work / "lib" / "other.py"), work)


def test_a_link_falls_under_the_rules_of_its_file(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", "private/")
    source(work / "private" / "a.py")
    (work / "link.py").symlink_to(work / "private" / "a.py")
    (tmp_path / "alias").symlink_to(work)
    for file, root in ((work / "link.py", work), (tmp_path / "alias" / "private" / "a.py", tmp_path / "alias")):
        assert why_not_open(Document(file.name, "python", "x = 1\n", file, root)) == "ignored by .gitignore"


def test_no_configuration_of_a_workspace_starts_a_program(tmp_path: Path) -> None:
    work, witness = repository(tmp_path / "work", "private.py"), tmp_path / "was run"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{witness}'\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "alias.check-ignore"):
        run_git(work, "config", name, str(program))
    assert why_not_file(source(work / "private.py"), work)
    assert not witness.exists()


@pytest.mark.parametrize("script", ["exit 1", "sleep 60 & wait"])
def test_a_git_that_does_not_run_is_an_absent_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    stub(tmp_path / "bin", "git", script)
    monkeypatch.setattr(tools, "ANSWER_SECONDS", 0.5)
    work = repository(tmp_path / "work", "private.py")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    git.find_git.cache_clear()
    assert git.find_git() is None
    assert why_not_file(source(work / "private.py"), work) == "ignored by .gitignore"
    git.find_git.cache_clear()


def test_a_git_that_ends_is_started_again(tmp_path: Path) -> None:
    work = repository(tmp_path / "work", "*.gen.py")
    assert why_not_file(source(work / "a.gen.py"), work)
    for process in git._processes._by_folder.values():
        process.end()
    assert why_not_file(source(work / "b.gen.py"), work) == "ignored by .gitignore"


@pytest.mark.parametrize("script", ["exit 128", "exec sleep 60", "printf '%s\\0' a b c d; exec sleep 60"])
def test_a_git_that_refuses_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    count = tmp_path / "count"
    stub(tmp_path / "bin", "git", f"echo x >> '{count}'; {script}")
    monkeypatch.setattr(git, "find_git", lambda: str(tmp_path / "bin" / "git"))
    monkeypatch.setattr(git, "ANSWER_SECONDS", 0.5)
    work = repository(tmp_path / "work", "*.gen.py")
    paths = [work / f"{'long' * 50}{number}.gen.py" for number in range(2000)]
    assert [git.ask_git(work, paths), git.ask_git(work, paths[:1])] == [None, None]
    assert count.read_text() == "x\n"


def test_a_git_that_is_ended_while_it_is_asked_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = repository(tmp_path / "work", "*.gen.py")
    ended = iter([git.forget_git])
    judge = git._Process.judge
    monkeypatch.setattr(
        git._Process, "judge", lambda process, paths: (next(ended, lambda: None)(), judge(process, paths))[1]
    )
    assert git.ask_git(work, [work / "a.gen.py"]) == [git.Verdict(is_ignored=True, source=".gitignore")]


def test_a_link_is_no_ignore_file(tmp_path: Path, judge: str) -> None:
    work = repository(tmp_path / "work")
    (tmp_path / "rules").write_text("*.py\n")
    (work / ".gitignore").unlink()
    (work / ".gitignore").symlink_to(tmp_path / "rules")
    assert not why_not_file(source(work / "a.py"), work)


def test_many_wildcards_take_bounded_time() -> None:
    assert not is_match("*a" * 30 + "b", "a" * 200, is_path=False)
    assert is_match("**/" * 12 + "b", "a/" * 60 + "b", is_path=True)


def test_a_pattern_of_many_folders_is_read(tmp_path: Path, judge: str) -> None:
    work = repository(tmp_path / "work", "**/" * 1000 + "x.py")
    assert why_not_file(source(work / "x.py"), work) == "ignored by .gitignore"
    assert not why_not_file(source(work / "a" / "y.py"), work)
