"""`codegeex-lsp complete FILE:LINE:COL`: one completion at a terminal, made as for a keystroke."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from rich.console import Console

from engine.completion.pipeline import Completer
from engine.context.workspace import WorkspaceIndex
from engine.document import Cursor, Document
from engine.model.protocol import LanguageModel
from engine.types import CancellationToken, CompletionRequest, CompletionSettings, EngineError, Mode, Outcome
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_NOTHING, EXIT_OK
from lsp_server.cli.model_options import add_model_options
from lsp_server.models.worker import load_ctranslate_model

PLACE = re.compile(r"(?P<file>.+):(?P<line>\d+):(?P<column>\d+)")
INDEX_SECONDS = 20.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="FILE:LINE:COL", help="line and column are counted from 1")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="show what the model was given and what it generated, and how long each stage took",
    )
    parser.add_argument("--root", type=Path, help="the workspace folder; by default the file's repository or folder")
    parser.add_argument(
        "--confidence", type=float, help="show the completion if it is right with at least this probability (0 to 1)"
    )
    parser.add_argument(
        "--mode", choices=("auto", "line", "block"), default="auto", help="how much to complete (default: %(default)s)"
    )
    add_model_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print a suggestion, as plain text if stdout is not a terminal. Return 0 if there is one, 1 if not, 2: a fault."""
    console = terminal.console()
    try:
        request = read_request(options.place, options.root, options.mode)
        with Console(stderr=True).status("loading the model"):
            model: LanguageModel = load_ctranslate_model(options.model, options.device, options.threads)
            index = _index_of(request)
        settings = CompletionSettings(confidence=_checked_confidence(options.confidence))
        completer = Completer(model, settings, {index.root: index} if index else {})
        outcome = completer.complete(request, CancellationToken())
        if index:
            index.stop()
    except EngineError as fault:
        print(f"codegeex-lsp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT
    suggestion = outcome.completion.text if outcome.completion else ""
    if not options.explain:
        if suggestion:
            console.print(suggestion, markup=False, soft_wrap=True)
        else:
            print(outcome.silence, file=sys.stderr)  # noqa: T201
        return EXIT_OK if suggestion else EXIT_NOTHING
    explain(console, request, outcome)
    return EXIT_OK if suggestion else EXIT_NOTHING


def _index_of(request: CompletionRequest) -> WorkspaceIndex | None:
    """Return the index of the file's folder, as complete as it gets within `INDEX_SECONDS`."""
    if request.cursor.document.root is None:
        return None
    index = WorkspaceIndex(request.cursor.document.root)
    index.start()
    index.wait_idle(INDEX_SECONDS)
    return index


def explain(console: Console, request: CompletionRequest, outcome: Outcome) -> None:
    """Print the ghost text in its place, and the receipt: snippets, tokens and the time of each stage."""
    suggestion = outcome.completion.text if outcome.completion else ""
    colours = console.is_terminal
    console.print(terminal.ghost_text(request.cursor.document.text, request.cursor.offset, suggestion, colours=colours))
    if outcome.completion:
        console.print(f"shown, right with probability {outcome.completion.confidence:.2f}", style="green")
    else:
        console.print(f"nothing shown: {outcome.silence}", style="yellow", markup=False)
        if outcome.generated and outcome.generated.text.strip():
            console.print(f"the model generated: {outcome.generated.text!r}", style="dim", markup=False)
    console.print()
    console.print(terminal.snippets_table(outcome))
    console.print()
    console.print(terminal.tokens_line(outcome), style="dim")
    console.print(terminal.stages_line(outcome), style="dim")


def read_request(place: str, root: Path | None, mode: str) -> CompletionRequest:
    """Return the request for FILE:LINE:COL, counted from 1 in code points.

    Raises `EngineError` if that is not a place in a text file.
    """
    match = PLACE.fullmatch(place)
    if not match:
        raise EngineError(f"{place!r} is not FILE:LINE:COL, with line and column counted from 1")
    file, line, column = Path(match["file"]).resolve(), int(match["line"]), int(match["column"])
    try:
        if not file.is_file():
            raise EngineError(
                f"{file} is not a file" if file.exists() else f"{file} cannot be read: there is no such file"
            )
        raw = file.read_bytes()
    except OSError as fault:
        raise EngineError(f"{file} cannot be read: {fault.strerror}") from fault
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise EngineError(f"{file} is not UTF-8: byte {fault.start}") from fault
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        raise EngineError(f"{file} has {len(lines)} lines, not {line}")
    here = lines[line - 1].removesuffix("\r")
    if not 1 <= column <= len(here) + 1:
        raise EngineError(f"line {line} of {file} has columns 1 to {len(here) + 1}, not {column}")
    root = (root or repository_of(file)).resolve()
    path = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
    offset = sum(len(each) + 1 for each in lines[: line - 1]) + column - 1
    chosen = {"line": Mode.LINE, "block": Mode.BLOCK}.get(mode)
    return CompletionRequest(Cursor(Document(path, "", text, file, root), offset), (), chosen)


def repository_of(file: Path) -> Path:
    """Return the nearest folder above that is under version control, or the file's own folder."""
    return next((p for p in file.parents if any((p / mark).exists() for mark in (".git", ".hg", ".svn"))), file.parent)


def _checked_confidence(value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 1:
        raise EngineError(f"--confidence {value} is not from 0 to 1")
    return value
