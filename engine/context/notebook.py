"""Notebooks on disk (nbformat 3 and 4): their code as one text. Nothing in them is run, outputs are passed over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

SUFFIX = ".ipynb"
BETWEEN_CELLS = "\n\n"
DEFAULT_LANGUAGE = "python"
# A cell magic names what its cell is written in, but for those that only watch it run.
OTHER_LANGUAGE = re.compile(r"\s*%%(?!time\b|timeit\b|capture\b|prun\b)\w")


def code_of(text: str) -> tuple[str, str]:
    """(the kernel's language, the code cells in order). Raises `ValueError` where this is no notebook."""
    try:
        notebook = json.loads(text)
        metadata = notebook.get("metadata") or {}
        kernel, described = metadata.get("kernelspec") or {}, metadata.get("language_info") or {}
        sheets = notebook.get("worksheets") or [notebook]
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell.get("cell_type") == "code"]
        language = kernel.get("language") or described.get("name") or next(_said_by(cells), DEFAULT_LANGUAGE)
        return str(language), joined(map(_source, cells))
    except (AttributeError, KeyError, TypeError, RecursionError) as fault:
        raise ValueError(f"it is no notebook: {type(fault).__name__}: {fault}") from None


def joined(cells: Iterable[str]) -> str:
    """Code cells as one text."""
    return BETWEEN_CELLS.join(cell.rstrip("\n") for cell in cells if cell.strip() and not OTHER_LANGUAGE.match(cell))


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source)


def _said_by(cells: list[dict[str, Any]]) -> Iterator[str]:
    """The languages that nbformat 3 has in the cells themselves."""
    return (str(cell["language"]) for cell in cells if cell.get("language"))
