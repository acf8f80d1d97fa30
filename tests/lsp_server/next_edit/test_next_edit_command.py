"""`codegeex-lsp next-edit`, over a real repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lsp_server.cli import main

TEXT = "def total(prices):\n    amount = 0\n    for price in prices:\n        amount += price\n    return amount\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "main.py"
    found.write_text(TEXT)
    for arguments in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"),
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    return found


def test_it_explains_what_follows_from_the_changes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(TEXT.replace("amount = 0", "total_price = 0"))
    assert main(["next-edit", str(file), "--since", "HEAD"]) == 0
    printed = capsys.readouterr().out
    assert "amount became total_price" in printed
    assert "+         total_price += price" in printed


def test_nothing_follows_from_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["next-edit", str(file)]) == 1
    assert "nothing proposed: nothing was changed" in capsys.readouterr().out


def test_an_unknown_revision_is_a_fault(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["next-edit", str(file), "--since", "no-such-revision"]) == 2
    assert "no-such-revision" in capsys.readouterr().err
