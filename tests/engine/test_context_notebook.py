"""Notebooks on disk as the index reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.context.listing import list_files, read_source

PAINT = "def paint(wheels, colour):\n    return wheels.coat(colour)\n"


def notebook(*sources: Any, **metadata: Any) -> str:
    cells = [{"cell_type": "code", "source": source, "outputs": [{"text": "an output"}]} for source in sources]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": cells})


def read(tmp_path: Path, text: str) -> Any:
    (tmp_path / "a.ipynb").write_text(text)
    return read_source(tmp_path.resolve(), "a.ipynb")


def test_a_notebook_is_its_code_cells(tmp_path: Path) -> None:
    source = read(tmp_path, notebook(PAINT.splitlines(keepends=True), "", "paint(car, red)"))
    assert (source.text, source.language) == (f"{PAINT}\npaint(car, red)", "python")
    assert source.declared == {"paint"}
    assert [path for path, _ in list_files(tmp_path.resolve())] == ["a.ipynb"]


def test_prose_outputs_and_cells_of_other_languages_are_left_out(tmp_path: Path) -> None:
    book = json.loads(notebook("%%bash\nrm -rf build", "%%time\nx = 1"))
    book["cells"].append({"cell_type": "markdown", "source": "# About wheels"})
    assert read(tmp_path, json.dumps(book)).text == "%%time\nx = 1"


@pytest.mark.parametrize(
    "metadata", [{"kernelspec": {"name": "ir", "language": "R"}}, {"language_info": {"name": "R"}}]
)
def test_the_kernel_says_the_language(tmp_path: Path, metadata: dict[str, Any]) -> None:
    assert read(tmp_path, notebook("x <- 1", **metadata)).language == "r"


def test_notebooks_of_version_3_are_read(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "language": "python", "input": PAINT, "outputs": []}]
    assert read(tmp_path, json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]})).declared == {"paint"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        '{"cells": 1}',
        '{"cells": [1]}',
        '{"cells": [{"cell_type": "code", "source": 1}]}',
    ],
)
def test_what_is_no_notebook_is_passed_over(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) is None


def test_a_secret_in_a_cell_is_masked(tmp_path: Path) -> None:
    token = "ghp_" + "a1" * 18
    assert token not in read(tmp_path, notebook(f"token = '{token}'")).text
