"""`models use`, `models remove` and `models verify`."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.model import catalog
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_NOTHING, EXIT_OK
from lsp_server.cli.models.listing import size_text
from lsp_server.cli.models.progress import Bars


def run_use(options: argparse.Namespace) -> int:
    """0. Raises `ModelError` for a model that is not there or damaged; then the default stays what it was."""
    console = terminal.console()
    description = catalog.set_default(options.name)
    console.print(
        f"{options.name} is the default now, for every editor whose codegeex.model is empty.",
        markup=False,
        soft_wrap=True,
    )
    console.print("A server that is running takes it when it starts again.", style="dim")
    if "complete" not in description.capabilities:
        console.print(
            f"It does not complete code, only: {', '.join(sorted(description.capabilities))}.", style="yellow"
        )
    return EXIT_OK


def run_remove(options: argparse.Namespace) -> int:
    """0: it is gone; 1: the person did not agree. Raises `ModelError` for what cannot be removed."""
    console = terminal.console()
    name: str = options.name
    if name == catalog.EMBEDDED or not catalog.is_installed(name):
        catalog.remove_model(name)  # says why it cannot
    folder = catalog.models_folder() / name
    what = f"the link {folder}" if folder.is_symlink() else f"{folder} ({size_text(catalog.folder_bytes(folder))})"
    if not options.yes and not agreed(console, f"Remove {what}?"):
        console.print("Nothing was removed.")
        return EXIT_NOTHING
    was_default = catalog.remove_model(name)
    console.print(f"{name} is removed.", markup=False)
    if was_default:
        console.print("It was the default; the embedded model is now.")
    return EXIT_OK


def run_verify(options: argparse.Namespace) -> int:
    """0 where every file is whole, 1 where one is not. Raises `ModelError` where there is nothing to compare with."""
    console = terminal.console()
    folder = catalog.folder_of(options.name)
    sums = catalog.checksums(folder)
    files = [folder / name for name in sums if (folder / name).is_file()]
    with Bars() as bars:
        bars.stage("reading", sum(file.stat().st_size for file in files))
        checks = catalog.check_files(folder, bars.advance)
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        table.add_row(Text(check.name), Text(check.fault, "red") if check.fault else Text("whole", "green"))
    console.print(table)
    faults = [check for check in checks if check.fault]
    if faults:
        console.print(f"\n{folder}: convert or copy the model again", style="red", markup=False, soft_wrap=True)
    return EXIT_NOTHING if faults else EXIT_OK


def agreed(console: Console, question: str) -> bool:
    """Asks; no answer, as where no person is at the terminal, is a no."""
    console.print(f"{question} [y/N] ", end="", markup=False, soft_wrap=True)
    try:
        return input().strip().lower() in {"y", "yes"}
    except EOFError:
        console.print()
        return False
