"""`codegeex-lsp next-edit FILE --since REV`: what would be proposed after the changes since a revision, and why."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from engine.context.git import find_git, git_command, git_environment
from engine.context.workspace import WorkspaceIndex
from engine.document import Document
from engine.next_edit.search import EditorTexts, Search
from engine.next_edit.values import Outcome
from engine.types import Eagerness, EngineError
from lsp_server.cli import terminal
from lsp_server.cli.complete import repository_of
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_NOTHING, EXIT_OK

INDEX_SECONDS = 60.0
GIT_SECONDS = 30.0
MAX_FILES = 30  # that have changed since
SHOWN_CANDIDATES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the file with the cursor")
    parser.add_argument(
        "--since", metavar="REV", default="HEAD", help="the revision to compare with (default: %(default)s)"
    )
    parser.add_argument(
        "--line", type=int, help="the cursor's line, counted from 1; by default that of the last change"
    )
    parser.add_argument(
        "--eagerness",
        choices=[each.value for each in Eagerness],
        default=Eagerness.BALANCED.value,
        help="as in the setting codegeex.completion.eagerness",
    )


def run(options: argparse.Namespace) -> int:
    """Print the proposals, and what was considered. Return 0 if there is a proposal, 1 if not, 2: a fault."""
    console = terminal.console()
    try:
        outcome = _outcome(options.file.resolve(), options)
    except (EngineError, OSError, UnicodeDecodeError) as fault:
        print(f"codegeex-lsp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT
    _show(console, outcome)
    return EXIT_OK if outcome.proposals else EXIT_NOTHING


def _outcome(file: Path, options: argparse.Namespace) -> Outcome:
    if not file.is_file():
        raise EngineError(f"{file} is not a file")
    root = repository_of(file)
    path = file.relative_to(root).as_posix()
    changed = [each for each in _git(root, "diff", "--name-only", "-z", options.since, "--").split("\0") if each]
    search = Search(root)
    others = [each for each in changed if each != path and (root / each).is_file()][:MAX_FILES]
    documents: list[Document] = []
    for each in [*others, path]:  # the file itself was changed last
        search.observe(each, _git(root, "show", f"{options.since}:{each}"))
        text = (root / each).read_text("utf-8")
        search.observe(each, text)
        documents.insert(0, Document(each, "", text, root / each, root))
    index = WorkspaceIndex(root)
    index.start()
    try:
        index.wait_idle(INDEX_SECONDS)
        line = -1 if options.line is None else options.line - 1
        return search.propose(EditorTexts(tuple(documents)), line, index, eagerness=Eagerness(options.eagerness))
    finally:
        index.stop()


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints; "" for a file that a revision does not have. Raises `EngineError`."""
    git = find_git()
    if git is None:
        raise EngineError("git is needed to know what has changed, and it was not found")
    command = git_command(git, root, *arguments)
    done = subprocess.run(
        command, capture_output=True, check=False, env=git_environment(), stdin=subprocess.DEVNULL, timeout=GIT_SECONDS
    )
    if done.returncode and arguments[0] != "show":
        raise EngineError(done.stderr.decode("utf-8", "replace").strip().partition("\n")[0] or "git failed")
    return done.stdout.decode("utf-8", "replace") if not done.returncode else ""


def _show(console: Console, outcome: Outcome) -> None:
    for proposal in outcome.proposals:
        place = f"{proposal.path}:{proposal.line + 1}"
        console.print(f"{place}  {proposal.reason} ({proposal.kind}, {proposal.probability:.2f})", markup=False)
        old = proposal.text.split("\n")[proposal.candidate.start : proposal.candidate.end]
        for sign, style, lines in (("-", "red", old), ("+", "green", proposal.candidate.lines)):
            for line in lines:
                console.print(f"  {sign} {line}", style=style, markup=False, highlight=False)
    if not outcome.proposals:
        console.print(f"nothing proposed: {outcome.silence}", style="yellow", markup=False)
    if outcome.considered:
        console.print()
        table = Table("considered", "kind", "probability", "reason", box=None, header_style="dim", pad_edge=False)
        for candidate, chance in outcome.considered[:SHOWN_CANDIDATES]:
            place = f"{candidate.path}:{candidate.start + 1}"
            table.add_row(place, candidate.kind, f"{chance:.2f}", candidate.reason)
        console.print(table)
