"""`models fetch`: the only command that may use a network, and only if the command line allows it."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from engine.convert import hub
from engine.model.catalog import models_folder
from engine.types import ModelError
from engine.user_folders import cache_folder
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_FAULT, EXIT_NOTHING, EXIT_OK
from lsp_server.cli.models.changes import ask_agreement
from lsp_server.cli.models.conversion import check_can_convert, check_packages, convert_and_report, expand_path
from lsp_server.cli.models.listing import size_text
from lsp_server.cli.models.progress import Bars

REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
COMMIT_SHOWN = 12
LICENCE_LINES_SHOWN = 20
# The authors' terms for the weights; the licence texts have them at length.
BY_REGISTRATION = "are free for academic use; commercial use needs a registration with their authors."
NOTICES = (
    ("codegeex4", f"CodeGeeX4's weights {BY_REGISTRATION}"),
    ("codegeex2", f"CodeGeeX2's weights {BY_REGISTRATION}"),
    ("codegeex", "The weights of CodeGeeX (13B) are for research only, not for commercial use."),
)


def run_fetch(options: argparse.Namespace) -> int:
    """Download and convert a checkpoint. Returns 1 if the licence was declined, 2 if the network was not allowed.
    Raises `ModelError`.
    """
    repo: str = options.repo
    if not REPO.fullmatch(repo):
        raise ModelError(f"{repo!r} is not OWNER/NAME, as a hub names its repositories")
    options.name = options.name or repo.partition("/")[2]
    if not options.allow_network:
        _describe_fetch(options)
        return EXIT_FAULT
    if options.no_convert:
        check_packages("huggingface_hub")
    else:
        check_can_convert(options.name)
    console = terminal.console()
    model = hub.look_up_model(repo, options.revision)
    _show(console, model)
    if not options.accept_licence and not ask_agreement(console, "Do you accept the licence?"):
        console.print("Declined: nothing was downloaded. (--accept-licence accepts without asking.)")
        return EXIT_NOTHING
    folder = (expand_path(options.folder) if options.folder else _downloads()) / _folder_name(model)
    with Bars() as bars:
        bars.stage(f"downloading {size_text(model.size)}", model.size)
        hub.download(model, folder, bars.advance)
    if options.no_convert:
        console.print(f"\nDownloaded to {folder}", markup=False, soft_wrap=True)
        console.print(f"Convert it with: codegeex-lsp models convert {folder}", markup=False, soft_wrap=True)
        return EXIT_OK
    convert_and_report(folder, options)
    console.print(
        f"The downloaded checkpoint ({size_text(model.size)}) is kept in {folder}; delete it if you need no other"
        " conversion of it.",
        markup=False,
        soft_wrap=True,
    )
    return EXIT_OK


def _describe_fetch(options: argparse.Namespace) -> None:
    revision = f"revision {options.revision}" if options.revision else "main branch"
    then = "" if options.no_convert else f", and convert them to {models_folder() / options.name}"
    print(  # noqa: T201
        f"codegeex-lsp: no server was contacted: codegeex-lsp makes no network call unless you allow it.\n"
        f"With --allow-network this command would show the licence of {options.repo} ({revision}) on {hub.endpoint()},"
        f" ask for your agreement, download its configuration, tokenizer and weights{then}.",
        file=sys.stderr,
    )


def _show(console: Console, model: hub.HubModel) -> None:
    """Print what would be downloaded, and on which terms."""
    console.print(
        f"{model.repo}, commit {model.commit[:COMMIT_SHOWN]}: {len(model.files)} files, {size_text(model.size)}",
        markup=False,
    )
    if model.has_pickles:
        console.print("Its weights are PyTorch files, not safetensors; they are read without running code in them.")
    console.print(Text.assemble("Licence: ", (model.licence or "none in the model card", "bold")))
    if file := model.licence_file:
        lines = hub.read_text(model, file).strip().splitlines()
        console.print(Text(f"\n{file.name}:", "dim"))
        console.print(Text("\n".join(lines[:LICENCE_LINES_SHOWN])), soft_wrap=True)
        if len(lines) > LICENCE_LINES_SHOWN:
            page = f"{hub.endpoint()}/{model.repo}/blob/{model.commit}/{file.name}"
            console.print(Text(f"… and {len(lines) - LICENCE_LINES_SHOWN} more lines: {page}", "dim"), soft_wrap=True)
    if notice := next((words for part, words in NOTICES if part in model.repo.lower()), ""):
        console.print(Text(f"\n{notice}", "yellow"), soft_wrap=True)
    console.print()


def _downloads() -> Path:
    return cache_folder() / "downloads"


def _folder_name(model: hub.HubModel) -> str:
    """Return a folder name for each commit: files of two must not be mixed."""
    return f"{model.repo.replace('/', '--')}@{model.commit[:COMMIT_SHOWN]}"
