"""`codegeex-lsp evaluate` in a process of its own, on a benchmark of two small problems."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.evaluate.small_problems import PYTHON, write_problems

pytestmark = pytest.mark.command


def evaluate(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codegeex_lsp", "evaluate", *arguments],
        capture_output=True, text=True, timeout=100, check=False, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture
def benchmark(tmp_path: Path) -> tuple[str, ...]:
    wrong = replace(PYTHON, task_id="Python/1", canonical_solution="    return 3 * n\n")
    folder = write_problems(tmp_path, PYTHON, wrong)
    return "humaneval-x", "--data", str(folder), "--languages", "python", "--accept-no-isolation"


def test_reference_solutions_and_what_they_miss(benchmark: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = evaluate(*benchmark, "--solutions", "reference", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert re.search(r"^python +Python \S+.* +2 +2 +1 +50\.0% +1 failed", done.stdout, re.MULTILINE)
    assert "Python/1: failed: Traceback" in done.stdout
    assert "programs ran under " in done.stdout
    results = json.loads(out.read_text())
    assert [sample["verdict"] for sample in results["samples"]] in (["passed", "failed"], ["failed", "passed"])
    assert results["isolation"]["means"]
    again = evaluate(*benchmark, "--solutions", "reference", "--out", str(out))
    assert again.stdout == done.stdout
    assert "2 of 2 samples exist already" in again.stderr


def test_the_embedded_model_draws_samples(benchmark: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = evaluate(
        *benchmark, "--samples", "3", "--temperature", "0.8", "--top-p", "0.9", "--seed", "1", "--max-tokens", "24",
        "--limit", "1", "--model", "embedded", "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    configuration = json.loads(out.read_text())["configuration"]
    assert (configuration["temperature"], configuration["seed"], configuration["samples"]) == (0.8, 1, 3)
    assert configuration["model"].startswith("codegeex-lsp-embedded")
    other = evaluate(*benchmark, "--solutions", "reference", "--out", str(out))
    assert other.returncode == 2
    assert "holds another run: samples was 3 and is now 1" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--languages", "cobol"), "HumanEval-X has no 'cobol'"),
        (("--samples", "2"), "greedy decoding would all be the same"),
        (("--task", "translate"), "python cannot be translated into itself"),
        (("--data", "/nowhere", "--solutions", "reference"), "humaneval_python.jsonl.gz does not exist"),
        (("--top-p", "2"), "2 is not between"),
        (("--limit", "x"), "'x' is not a number"),
        (("--model", "nope"), "no model named 'nope'"),
    ],
)
def test_wrong_options_are_named(benchmark: tuple[str, ...], arguments: tuple[str, ...], fault: str) -> None:
    done = evaluate(*benchmark, *arguments)
    assert done.returncode == 2
    assert fault in done.stderr
    assert "Traceback" not in done.stderr


def test_without_isolation_the_error_says_how_to_continue(benchmark: tuple[str, ...], tmp_path: Path) -> None:
    without = [argument for argument in benchmark if argument != "--accept-no-isolation"]
    done = evaluate(*without, "--solutions", "reference", PATH=str(tmp_path))
    assert done.returncode == 2
    assert "limits alone: unshare(1) is missing" in done.stderr
    assert "--accept-no-isolation" in done.stderr


def test_perplexity_by_language(tmp_path: Path) -> None:
    (tmp_path / "area.py").write_text("def area(width, height):\n    return width * height\n" * 8)
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {\n\tprintln(1)\n}\n" * 8)
    (tmp_path / "short.go").write_text("package main\n")
    (tmp_path / "key.py").write_text("-----BEGIN RSA PRIVATE KEY-----\n" * 8)
    (tmp_path / "ignored.py").write_text("x = 1\n" * 90)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    out = tmp_path / "out.json"
    done = evaluate("perplexity", str(tmp_path), "--model", "embedded", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Go +2 +\d+ +\d+\.\d\d +\d+\.\d{3}$", done.stdout, re.MULTILINE)
    assert "1 skipped: ignored by .gitignore" in done.stdout
    assert "1 skipped: it seems to contain a secret" in done.stdout
    python = json.loads(out.read_text())["languages"]["Python"]
    assert python["files"] == 1
    assert 1 < python["per_token"] < 20
    assert 0 < python["bits_per_char"] < 2


def test_a_folder_without_code(tmp_path: Path) -> None:
    for folder, fault in ((tmp_path, "no files in a known language"), (tmp_path / "none", "is not a folder")):
        done = evaluate("perplexity", str(folder))
        assert done.returncode == 2
        assert fault in done.stderr
