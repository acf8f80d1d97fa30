"""The code of notebooks on disk (nbformat 3 and 4) as one text. Nothing is run, outputs are ignored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

SUFFIX = ".ipynb"
BETWEEN_CELLS = "\n\n"
DEFAULT_LANGUAGE = "python"
# A cell magic names the language of its cell, except for those that only measure or capture it.
OTHER_LANGUAGE = re.compile(r"\s*%%(?!time\b|timeit\b|capture\b|prun\b)\w")


def code_of(text: str) -> tuple[str, str]:
    """Return the kernel's language and the code cells in order. Raises `ValueError` if this is not a notebook."""
    try:
        notebook = json.loads(text)
        metadata = notebook.get("metadata") or {}
        kernel, described = metadata.get("kernelspec") or {}, metadata.get("language_info") or {}
        sheets = notebook.get("worksheets") or [notebook]
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell.get("cell_type") == "code"]
        language = kernel.get("language") or described.get("name") or next(_said_by(cells), DEFAULT_LANGUAGE)
        return str(language), joined(map(_source, cells))
    except (AttributeError, KeyError, TypeError, RecursionError) as fault:
        raise ValueError(f"not a notebook: {fault}") from None


def joined(cells: Iterable[str]) -> str:
    """Return code cells as one text."""
    return BETWEEN_CELLS.join(cell.rstrip("\n") for cell in cells if cell.strip() and not OTHER_LANGUAGE.match(cell))


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source)


def _said_by(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the languages of the cells, where nbformat 3 keeps them."""
    return (str(cell["language"]) for cell in cells if cell.get("language"))
