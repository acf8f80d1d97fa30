"""`codegeex-lsp context`: explains the index at a terminal, with the functions that the server uses."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from engine.context.collect import view_of
from engine.context.exclusion import why_not_file
from engine.context.listing import is_code, read_source
from engine.context.workspace import WorkspaceIndex
from engine.types import EngineError, Snippet
from lsp_server.cli import terminal
from lsp_server.cli.complete import read_request, repository_of
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_NOTHING, EXIT_OK

INDEX_SECONDS = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    questions = parser.add_subparsers(dest="question", metavar="QUESTION", required=True)
    why = questions.add_parser("why", help="show whether the model may see a file, and if not, why")
    why.add_argument("file", metavar="FILE", type=Path)
    query = questions.add_parser("query", help="show the snippets of other files for a cursor, and the reason for each")
    query.add_argument("place", metavar="FILE:LINE:COL", help="line and column are counted from 1")
    query.add_argument(
        "--chars",
        type=int,
        default=2000,
        help="the maximum length of all snippets together, in characters (default: %(default)s)",
    )
    for question in (why, query):
        question.add_argument(
            "--root", type=Path, help="the workspace folder; by default the file's repository or folder"
        )
        question.add_argument(
            "--exclude",
            action="append",
            default=[],
            metavar="GLOB",
            help="a pattern as in the setting codegeex.context.exclude; may be repeated",
        )


def run(options: argparse.Namespace) -> int:
    """Return 0 if the file may be read (`why`) or there are snippets (`query`), else 1; 2 after a fault."""
    console = terminal.console()
    try:
        return _why(console, options) if options.question == "why" else _query(console, options)
    except EngineError as fault:
        print(f"codegeex-lsp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT


def why(file: Path, root: Path, excluded: tuple[str, ...]) -> str:
    """Return why the model is never shown `file`, or ""."""
    if reason := why_not_file(file, root, excluded):
        return reason
    if not is_code(file.name):
        return "its file extension is not one of source code"
    path = file.resolve().relative_to(root).as_posix()
    return (
        ""
        if read_source(root, path, excluded)
        else "its text is binary, generated or minified, or contains a private key"
    )


def _why(console: Console, options: argparse.Namespace) -> int:
    file = options.file.absolute()
    if not file.is_file():
        raise EngineError(f"{options.file} is not a file")
    reason = why(file, (options.root or repository_of(file)).resolve(), tuple(options.exclude))
    verdict = f"never shown: {reason}" if reason else "may be shown to the model; secrets in it are masked"
    console.print(f"{options.file}: {verdict}", markup=False, soft_wrap=True)
    return EXIT_NOTHING if reason else EXIT_OK


def _query(console: Console, options: argparse.Namespace) -> int:
    request = read_request(options.place, options.root, "auto")
    document = request.cursor.document
    if document.root is None or document.file is None:
        raise EngineError(f"{options.place} is not in a folder")
    index = WorkspaceIndex(document.root, tuple(options.exclude))
    with Console(stderr=True).status("indexing"):
        index.start()
        done = index.wait_idle(INDEX_SECONDS)
    try:
        index.edited(document.path, document.language, document.text)
        view = view_of(request, options.chars * 2, options.chars // 2)
        index.find(view, options.chars)
        began = time.perf_counter()
        snippets = index.find(view, options.chars)
        milliseconds = (time.perf_counter() - began) * 1000
    finally:
        index.stop()
    for snippet in reversed(snippets):
        console.print(f"{snippet.path}:{snippet.start_line + 1}-{snippet.end_line}", style="bold", markup=False)
        console.print(snippet.text + "\n", markup=False, soft_wrap=True)
    console.print(_table(snippets))
    console.print(f"{milliseconds:.1f} ms" + ("" if done else "; the index is still incomplete"), style="dim")
    if index.fault:
        console.print(index.fault, style="red", markup=False)
    return EXIT_OK if snippets else EXIT_NOTHING


def _table(snippets: list[Snippet]) -> Table:
    table = Table("snippet", "characters", "score", "why", box=None, header_style="dim", pad_edge=False)
    for snippet in snippets:
        place = f"{snippet.path}:{snippet.start_line + 1}-{snippet.end_line}"
        table.add_row(place, str(len(snippet.text)), f"{snippet.score:.4f}", snippet.reason)
    return table
