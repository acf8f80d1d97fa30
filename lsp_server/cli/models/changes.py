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
    """Choose the default model. Raises `ModelError` for one that is missing or damaged; then the default stays the
    same.
    """
    console = terminal.console()
    description = catalog.set_default(options.name)
    console.print(
        f"{options.name} is the default now, for every editor whose codegeex.model is empty.",
        markup=False,
        soft_wrap=True,
    )
    console.print("Running servers use it after a restart.", style="dim")
    if "complete" not in description.capabilities:
        console.print(f"It cannot complete code, only: {', '.join(sorted(description.capabilities))}.", style="yellow")
    return EXIT_OK


def run_remove(options: argparse.Namespace) -> int:
    """Remove a model. Returns 1 if the user does not agree. Raises `ModelError` for a model that cannot be removed."""
    console = terminal.console()
    name: str = options.name
    if name == catalog.EMBEDDED or not catalog.is_installed(name):
        catalog.remove_model(name)  # raises the reason
    folder = catalog.models_folder() / name
    what = f"the link {folder}" if folder.is_symlink() else f"{folder} ({size_text(catalog.folder_bytes(folder))})"
    if not options.yes and not ask_agreement(console, f"Remove {what}?"):
        console.print("Nothing was removed.")
        return EXIT_NOTHING
    was_default = catalog.remove_model(name)
    console.print(f"{name} was removed.", markup=False)
    if was_default:
        console.print("It was the default, which is now the embedded model.")
    return EXIT_OK


def run_verify(options: argparse.Namespace) -> int:
    """Check a model's files. Returns 1 if one is damaged. Raises `ModelError` if there are no checksums to compare
    with.
    """
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


def ask_agreement(console: Console, question: str) -> bool:
    """Ask the user. No answer, as without a terminal, means no."""
    console.print(f"{question} [y/N] ", end="", markup=False, soft_wrap=True)
    try:
        return input().strip().lower() in {"y", "yes"}
    except EOFError:
        console.print()
        return False
