"""`models list` and `models show`: tables for users, JSON for programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.model.catalog import (
    EMBEDDED,
    EMBEDDED_FOLDER,
    InstalledModel,
    default_name,
    find_model,
    folder_bytes,
    list_models,
    models_folder,
)
from engine.model.folder import ModelDescription
from lsp_server.cli import terminal
from lsp_server.cli.exit_codes import EXIT_OK

SHOWN_IN_SUMMARY = frozenset({"format", "name", "family", "capabilities", "context_length", "numeric_type", "licence"})
UNNAMED = "unknown"
WIDTH_OF_A_FILE = 200  # columns, without a terminal


def run_list(options: argparse.Namespace) -> int:
    """List the models. A damaged one is listed with its fault."""
    models = list_models()
    used = _in_use(models)
    if options.json:
        _print_json([_row(model, used) for model in models])
        return EXIT_OK
    console = terminal.console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    _print_models(console, models, used)
    chosen = default_name()
    for model in models:
        if model.fault:
            console.print(f"\n{model.name}: {model.fault}", style="red", markup=False, soft_wrap=True)
    if chosen and chosen != used:
        console.print(
            f"\nThe default, {chosen!r}, cannot be used; the embedded model is used instead. Choose another one with"
            " `codegeex-lsp models use`.",
            style="red",
            markup=False,
            soft_wrap=True,
        )
    note = f"\n* is in use unless the setting codegeex.model names another. Installed models are in {models_folder()}"
    console.print(note, markup=False, soft_wrap=True)
    return EXIT_OK


def run_show(options: argparse.Namespace) -> int:
    """Show a model. Raises `ModelError` if it is missing or damaged."""
    model = find_model(options.name)
    name = _short_name(model)
    used = name == _in_use(list_models())
    if options.json:
        said = {"name": name, "folder": str(model.folder), "bytes": folder_bytes(model.folder), "in_use": used}
        _print_json(said | {"description": model.facts})
        return EXIT_OK
    console = terminal.console()
    console.print(Text.assemble((name, "bold"), f", {model.name}" if name != model.name else "", _mark(used)))
    print_summary(console, model)
    scalars = {key: value for key, value in model.facts.items() if not isinstance(value, Mapping)}
    _print_pairs(console, _flat({key: value for key, value in scalars.items() if key not in SHOWN_IN_SUMMARY}))
    for key, section in model.facts.items():
        if isinstance(section, Mapping) and section:
            console.print(Text(f"\n{key}", "bold"))
            _print_pairs(console, _flat(section))
    return EXIT_OK


def size_text(count: int) -> str:
    """Return a number of bytes in MiB or GiB."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"


def print_summary(console: Console, model: ModelDescription) -> None:
    """Print what a user wants to know first."""
    _print_pairs(console, _summary(model))


def _in_use(models: list[InstalledModel]) -> str:
    chosen = default_name()
    return next((model.name for model in models if model.name == chosen and model.description), EMBEDDED)


def _row(model: InstalledModel, used: str) -> dict[str, Any]:
    row: dict[str, Any] = {"name": model.name, "folder": str(model.folder), "in_use": model.name == used}
    if model.description is None:
        return row | {"fault": model.fault}
    description = model.description
    return row | {
        "family": description.family,
        "bytes": folder_bytes(model.folder),
        "numeric_type": description.numeric_type,
        "capabilities": sorted(description.capabilities),
        "context_length": description.context_length,
        "licence": str(description.facts.get("licence", "")),
    }


def _print_models(console: Console, models: list[InstalledModel], used: str) -> None:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column()
    for column in ("model", "family", "size", "weights", "can", "context", "licence"):
        table.add_column(column, justify="right" if column in {"size", "context"} else "left", overflow="fold")
    for model in models:
        mark = Text("*", "green") if model.name == used else Text()
        if model.description is None:
            table.add_row(mark, Text(model.name), Text("damaged", "red"))
            continue
        description = model.description
        table.add_row(
            mark,
            Text(model.name, "bold"),
            Text(description.family),
            size_text(folder_bytes(model.folder)),
            Text(description.numeric_type),
            ", ".join(sorted(description.capabilities)),
            f"{description.context_length:,}",
            Text(str(description.facts.get("licence") or UNNAMED)),
        )
    console.print(table)


def _short_name(model: ModelDescription) -> str:
    """Return the name by which settings and commands know a model."""
    if model.folder == EMBEDDED_FOLDER:
        return EMBEDDED
    return model.folder.name if model.folder.parent == models_folder() else str(model.folder)


def _mark(used: bool) -> tuple[str, str]:  # noqa: FBT001
    return (", in use", "green") if used else ("", "")


def _summary(model: ModelDescription) -> Iterator[tuple[str, str]]:
    yield "folder", str(model.folder)
    yield "family", model.family
    yield "size", f"{size_text(folder_bytes(model.folder))}, {model.numeric_type}"
    yield "can", ", ".join(sorted(model.capabilities))
    if model.no_chat:
        yield "no chat", model.no_chat
    yield "context", f"{model.context_length:,} tokens"
    yield "licence", str(model.facts.get("licence") or UNNAMED)


def _print_pairs(console: Console, pairs: Iterator[tuple[str, str]]) -> None:
    """Print two columns. The second is never wrapped: a checksum must stay in one piece to be copied."""
    listed = list(pairs)
    width = max((len(name) for name, _ in listed), default=0)
    for name, value in listed:
        console.print(Text.assemble((name.ljust(width), "dim"), "  ", value), soft_wrap=True)


def _print_json(value: Any) -> None:
    terminal.console().print(json.dumps(value, indent=2, default=str), markup=False, soft_wrap=True)


def _flat(section: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, str]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{at}{key} ")
        elif isinstance(value, list):
            yield f"{at}{key}", ", ".join(map(str, value))
        else:
            yield f"{at}{key}", repr(value) if isinstance(value, str) and not value.isprintable() else str(value)
