"""`models find`: what other programs have put on this machine, and whether it can be converted."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.table import Table

from engine.convert.found import FoundModel, find_models
from engine.convert.gguf.architectures import ARCHITECTURES, refusal
from engine.types import ModelError
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_OK
from lsp_server.cli.models.listing import WIDTH_OF_A_FILE, size_text

SERVER_WAY = "or let its own program serve it: codegeex.completion.remote.url, codegeex.chat.remote.url"


def run_find(options: argparse.Namespace) -> int:
    """List the models that Ollama, LM Studio, llama.cpp and a hub's cache hold."""
    found = find_models(Path.home())
    if options.json:
        rows = [
            {"name": each.name, "program": each.program, "path": str(each.path), "fault": _fault(each)}
            for each in found
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))  # noqa: T201
        return EXIT_OK
    console = terminal.console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    if not found:
        console.print("Neither Ollama, LM Studio, llama.cpp nor a hub's cache has a model here.")
        return EXIT_OK
    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("name", "of", "size", "what can be done"):
        table.add_column(heading, overflow="fold")
    for each in found:
        size = size_text(each.path.stat().st_size) if each.path.is_file() and not each.fault else ""
        table.add_row(each.name, each.program, size, _fault(each) or "convert it")
    console.print(table)
    console.print(f"\nConvert one: codegeex-lsp models convert NAME; {SERVER_WAY}.", markup=False, soft_wrap=True)
    return EXIT_OK


def found_by_name(name: str) -> FoundModel | None:
    """Return the model that `models find` lists under this name. Raises `ModelError` if it cannot be converted."""
    found = next((each for each in find_models(Path.home()) if each.name == name), None)
    if found and (fault := _fault(found)):
        raise ModelError(f"{name} cannot be converted: {fault}")
    return found


def _fault(model: FoundModel) -> str:
    """Return why a model cannot be converted; "" if nothing is known that speaks against it."""
    if model.fault or not model.path.is_file():
        return model.fault
    return "" if model.architecture in ARCHITECTURES else refusal(model.architecture)
