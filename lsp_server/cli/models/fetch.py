"""`models fetch`: the one command that may use a network, and only when told so on the command line."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import platformdirs
from rich.console import Console
from rich.text import Text

from engine.convert import hub
from engine.model.catalog import models_folder
from engine.types import ModelError
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_NOTHING, EXIT_OK
from lsp_server.cli.models.changes import agreed
from lsp_server.cli.models.conversion import check_packages, check_that_it_can_be_made, convert_and_tell, expanded
from lsp_server.cli.models.listing import size_text
from lsp_server.cli.models.progress import Bars

REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
COMMIT_SHOWN = 12
LICENCE_LINES_SHOWN = 20
# What their authors say of the weights; the licence texts say it at length.
BY_REGISTRATION = "are free for academic use; commercial use needs a registration with their authors."
NOTICES = (
    ("codegeex4", f"CodeGeeX4's weights {BY_REGISTRATION}"),
    ("codegeex2", f"CodeGeeX2's weights {BY_REGISTRATION}"),
    ("codegeex", "The weights of CodeGeeX (13B) are for research only, not for commercial use."),
)


def run_fetch(options: argparse.Namespace) -> int:
    """0: done; 1: the licence was declined; 2: the network was not allowed. Raises `ModelError`."""
    repo: str = options.repo
    if not REPO.fullmatch(repo):
        raise ModelError(f"{repo!r} is not OWNER/NAME, as a hub names its repositories")
    options.name = options.name or repo.partition("/")[2]
    if not options.allow_network:
        _say_what_it_would_do(options)
        return EXIT_FAULT
    if options.no_convert:
        check_packages("huggingface_hub")
    else:
        check_that_it_can_be_made(options.name)
    console = terminal.console()
    model = hub.look_up_model(repo, options.revision)
    _show(console, model)
    if not options.accept_licence and not agreed(console, "Do you accept the licence?"):
        console.print("Declined: nothing was downloaded. (--accept-licence accepts without asking.)")
        return EXIT_NOTHING
    folder = (expanded(options.folder) if options.folder else _downloads()) / _folder_name(model)
    with Bars() as bars:
        bars.stage(f"downloading {size_text(model.size)}", model.size)
        hub.download(model, folder, bars.advance)
    if options.no_convert:
        console.print(f"\nDownloaded to {folder}", markup=False, soft_wrap=True)
        console.print(f"Convert it with: codegeex-lsp models convert {folder}", markup=False, soft_wrap=True)
        return EXIT_OK
    convert_and_tell(folder, options)
    console.print(
        f"The downloaded checkpoint ({size_text(model.size)}) is kept in {folder}; delete it when you need no other"
        " conversion of it.",
        markup=False,
        soft_wrap=True,
    )
    return EXIT_OK


def _say_what_it_would_do(options: argparse.Namespace) -> None:
    revision = f"revision {options.revision}" if options.revision else "main branch"
    then = "" if options.no_convert else f", and convert them to {models_folder() / options.name}"
    print(  # noqa: T201
        f"codegeex-lsp: nothing was contacted: codegeex-lsp makes no network call unless you allow it.\n"
        f"With --allow-network this command would show the licence of {options.repo} ({revision}) on {hub.endpoint()},"
        f" ask for your agreement, download its configuration, tokenizer and weights{then}.",
        file=sys.stderr,
    )


def _show(console: Console, model: hub.HubModel) -> None:
    """What would be downloaded, and on which terms."""
    console.print(
        f"{model.repo}, commit {model.commit[:COMMIT_SHOWN]}: {len(model.files)} files, {size_text(model.size)}",
        markup=False,
    )
    if model.has_pickles:
        console.print("Its weights are PyTorch files, no safetensors; they are read without running code in them.")
    console.print(Text.assemble("Licence: ", (model.licence or "the model card names none", "bold")))
    if file := model.licence_file:
        lines = hub.read_text(model, file).strip().splitlines()
        console.print(Text(f"\n{file.name}:", "dim"))
        console.print(Text("\n".join(lines[:LICENCE_LINES_SHOWN])), soft_wrap=True)
        if len(lines) > LICENCE_LINES_SHOWN:
            page = f"{hub.endpoint()}/{model.repo}/blob/{model.commit}/{file.name}"
            console.print(Text(f"… and {len(lines) - LICENCE_LINES_SHOWN} lines more: {page}", "dim"), soft_wrap=True)
    if notice := next((words for part, words in NOTICES if part in model.repo.lower()), ""):
        console.print(Text(f"\n{notice}", "yellow"), soft_wrap=True)
    console.print()


def _downloads() -> Path:
    return Path(platformdirs.user_cache_dir("codegeex-lsp", appauthor=False)) / "downloads"


def _folder_name(model: hub.HubModel) -> str:
    """One folder a commit: files of two must not be mixed."""
    return f"{model.repo.replace('/', '--')}@{model.commit[:COMMIT_SHOWN]}"
