"""`models convert`: converts a published checkpoint to an installed model."""

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

# The packages of the extra `convert` that a conversion imports.
NEEDED = ("torch", "transformers", "safetensors", "sentencepiece", "tomli_w", "jinja2", "gguf")


def run_convert(options: argparse.Namespace) -> int:
    """Convert a checkpoint. Raises `ModelError`; then nothing was installed."""
    from lsp_server.cli.models.finding import found_by_name

    path = expand_path(options.path)
    if not path.exists() and (found := found_by_name(str(options.path))):
        path, options.name = found.path, options.name or found.model_name
    check_can_convert(options.name)
    convert_and_report(path, options)
    return EXIT_OK


def expand_path(path: Path) -> Path:
    """Return a path with `~` expanded as by a shell. Raises `ModelError` if there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError as fault:
        raise ModelError(f"{path} cannot be found: {fault}") from fault


def check_can_convert(name: str) -> None:
    """Raise `ModelError` if packages are missing, or if the name (if any) is taken or not valid."""
    check_packages(*NEEDED)
    if not name:
        return
    if fault := catalog.name_fault(name):
        raise ModelError(f"--name {name!r} {fault}")
    if catalog.is_installed(name):
        raise ModelError(
            f"a model named {name!r} already exists: choose another --name, or remove it with"
            f" `codegeex-lsp models remove {name}`"
        )


def check_packages(*names: str) -> None:
    """Raise `ModelError` with the command that installs the missing packages."""
    if missing := [name for name in names if importlib.util.find_spec(name) is None]:
        raise ModelError(
            f"this needs packages that are not installed ({', '.join(missing)}); install them with"
            f' {sys.executable} -m pip install "codegeex-lsp[convert]"'
        )


def convert_and_report(source: Path, options: argparse.Namespace) -> None:
    """Convert with a bar for each stage, and print what was installed. Raises `ModelError`."""
    from engine.convert.convert import Conversion, convert

    request = Conversion(
        source=source,
        folder=catalog.models_folder(),
        name=options.name,
        numeric_type=options.quantization,
        tokenizer=options.tokenizer and expand_path(options.tokenizer),
        memory_bytes=int(options.memory * 2**30),
    )
    with Bars() as bars:
        folder = convert(request, bars)
    console = terminal.console()
    console.print(f"\n{folder.name} was installed.", markup=False)
    print_summary(console, read_description(folder))
    hint = f"\nUse it: codegeex-lsp models use {folder.name}, or set codegeex.model to {folder.name!r}."
    console.print(hint, markup=False, soft_wrap=True)
