"""`models convert`: a published checkpoint becomes an installed model."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from engine.model import catalog
from engine.model.folder import read_description
from engine.types import ModelError
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_OK
from lsp_server.cli.models.listing import print_summary
from lsp_server.cli.models.progress import Bars

# What the extra `convert` installs that converting imports.
NEEDED = ("torch", "transformers", "safetensors", "sentencepiece", "tomli_w")


def run_convert(options: argparse.Namespace) -> int:
    """0. Raises `ModelError`; then nothing was installed."""
    check_that_it_can_be_made(options.name)
    convert_and_tell(expanded(options.path), options)
    return EXIT_OK


def expanded(path: Path) -> Path:
    """With `~` as the shell reads it. Raises `ModelError` where nobody has that name."""
    try:
        return path.expanduser()
    except RuntimeError as fault:
        raise ModelError(f"{path} cannot be found: {fault}") from fault


def check_that_it_can_be_made(name: str) -> None:
    """Raises `ModelError` where packages are missing, or where the name (if any) is taken or is none."""
    check_packages(*NEEDED)
    if not name:
        return
    if fault := catalog.name_fault(name):
        raise ModelError(f"--name {name!r} {fault}")
    if catalog.is_installed(name):
        raise ModelError(
            f"there is already a model named {name!r}: choose another --name, or remove it with"
            f" `codegeex-lsp models remove {name}`"
        )


def check_packages(*names: str) -> None:
    """Raises `ModelError` that says how to install what is missing."""
    if missing := [name for name in names if importlib.util.find_spec(name) is None]:
        raise ModelError(
            f"this needs packages that are not installed ({', '.join(missing)}); install them with"
            f' {sys.executable} -m pip install "codegeex-lsp[convert]"'
        )


def convert_and_tell(source: Path, options: argparse.Namespace) -> None:
    """Converts with a bar for each stage, and says what was installed. Raises `ModelError`."""
    from engine.convert.convert import Conversion, convert

    request = Conversion(
        source=source,
        folder=catalog.models_folder(),
        name=options.name,
        numeric_type=options.quantization,
        tokenizer=options.tokenizer and expanded(options.tokenizer),
        memory_bytes=int(options.memory * 2**30),
    )
    with Bars() as bars:
        folder = convert(request, bars)
    console = terminal.console()
    console.print(f"\n{folder.name} is installed.", markup=False)
    print_summary(console, read_description(folder))
    hint = f"\nUse it: codegeex-lsp models use {folder.name}, or set codegeex.model to {folder.name!r}."
    console.print(hint, markup=False, soft_wrap=True)
