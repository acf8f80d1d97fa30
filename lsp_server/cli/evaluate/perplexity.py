"""`codegeex-lsp evaluate perplexity FOLDER`: how well a model predicts the files of a folder."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from engine.context.exclusion import why_not_file, why_not_text
from engine.context.secrets import masked
from engine.evaluate.perplexity import MIN_TOKENS, Perplexity, perplexity
from engine.languages import Language, language_of
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.types import EngineError
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_INTERRUPTED, EXIT_OK

T = TypeVar("T")


@dataclass(frozen=True)
class FolderTexts:
    """The texts of a folder by language, (path, language, text) each, and how many files were skipped, by reason."""

    texts: Mapping[str, list[tuple[str, Language, str]]]
    left_out: Mapping[str, int]


def run_perplexity(options: argparse.Namespace) -> int:
    errors = Console(stderr=True, highlight=False)
    try:
        found = read_folder(options.folder)
        with errors.status("loading the model"):
            model = CTranslateModel(find_model(options.model), options.device, options.threads)
        window = min(options.window, model.description.context_length)
        measured: dict[str, Perplexity] = {}
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
            task = progress.add_task("", total=sum(map(len, found.texts.values())))
            for name, texts in sorted(found.texts.items()):
                progress.update(task, description=name)
                measured[name] = perplexity(model, _count_each(texts, lambda: progress.advance(task)), window)
        if options.out:
            _write(options.out, options.folder, model.description.name, window, found, measured)
    except EngineError as fault:
        print(f"codegeex-lsp: {fault}", file=sys.stderr)  # noqa: T201
        return EXIT_FAULT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    show(terminal.console(), found, measured, window)
    return EXIT_OK


def _count_each(items: Iterable[T], one_done: Callable[[], None]) -> Iterator[T]:
    for item in items:
        yield item
        one_done()


def read_folder(folder: Path) -> FolderTexts:
    """Read the texts of a folder. Raises `EngineError` if there are none."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise EngineError(f"{folder} is not a folder")
    texts: defaultdict[str, list[tuple[str, Language, str]]] = defaultdict(list)
    left_out: Counter[str] = Counter()
    for file in _files(folder):
        language = language_of("", file.name)
        if not language.name:
            continue
        try:
            why = why_not_file(file, folder)
            text = "" if why else file.read_bytes().decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError):
            why, text = "it is not UTF-8", ""
        if why := why or why_not_text(text):
            left_out[why] += 1
        else:
            texts[language.name].append((file.relative_to(folder).as_posix(), language, masked(text)))
    if not texts:
        raise EngineError(f"{folder} has no files in a known language ({left_out.total()} were skipped)")
    return FolderTexts(texts, left_out)


def _files(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        yield from (Path(here, name) for name in sorted(names))


def show(console: Console, found: FolderTexts, measured: Mapping[str, Perplexity], window: int) -> None:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("language")
    for heading in ("files", "tokens", "perplexity a token", "bits a character"):
        table.add_column(heading, justify="right")
    for name, result in measured.items():
        figures = (f"{result.per_token:.2f}", f"{result.bits_per_char:.3f}") if result.tokens else ("", "")
        table.add_row(name, str(len(found.texts[name])), f"{result.tokens:,}", *figures)
    console.print(table)
    console.print(f"\nthe last tokens of each file, up to a prompt of {window}, at least {MIN_TOKENS}", style="dim")
    for why, count in sorted(found.left_out.items()):
        console.print(f"{count} skipped: {why}", style="dim", markup=False)


def _write(
    file: Path, folder: Path, model: str, window: int, found: FolderTexts, measured: Mapping[str, Perplexity]
) -> None:
    rows = {}
    for name, result in measured.items():
        figures = {key: value for key, value in asdict(result).items() if result.tokens or key == "tokens"}
        rows[name] = {"files": len(found.texts[name]), **figures}
    whole = {"folder": str(folder), "model": model, "window": window, "languages": rows, "left_out": found.left_out}
    try:
        file.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as fault:
        raise EngineError(f"{file} cannot be written: {fault.strerror}") from fault
