"""The checker of suggestions, and the filters before it: on random places in this repository's own samples."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lsp_server
from benchmarks.soundness import ALL, measure
from engine.evaluate.positions import closed_by_the_editor
from engine.evaluate.soundness import find_faults
from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from tests.engine.golden import place, shown
from tests.scripted import CURSOR

SAMPLES = Path(lsp_server.__file__).parent / "cli" / "samples"
FILES = [file for file in sorted(SAMPLES.rglob("*")) if file.suffix in {".py", ".go", ".ts", ".java"}]
LANGUAGES = {".py": "python", ".go": "go", ".ts": "typescript", ".java": "java"}


@pytest.mark.parametrize(
    ("source", "suggestion", "language", "found"),
    [
        ("f(<cursor>)\n", "a)", "python", ["brackets"]),
        ("f(<cursor>)\n", "g(a)", "python", []),
        ("f('<cursor>')\n", "(", "python", []),
        ("x = <cursor>\n", "f(", "python", ["brackets"]),
        ("x = <cursor>;\n", "1;", "c", ["suffix"]),
        ("<cursor>\nreturn total\n", "a = 1\nreturn total", "python", ["suffix"]),
        ("if a:\n    b\n    <cursor>\n", "if c:\n      d", "python", ["indentation"]),
        ("if a:\n    b\n    <cursor>\n", "if c:\n        d", "python", []),
        ("if a {\n\tb\n\t<cursor>\n}\n", "c\n    d", "go", ["indentation"]),
        ("if a:\n    <cursor>\n", " b", "python", ["indentation"]),
    ],
)
def test_the_checker_sees_what_is_broken(source: str, suggestion: str, language: str, found: list[str]) -> None:
    before, after = source.split(CURSOR)
    assert find_faults(before + after, len(before), suggestion, language) == found


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(FILES))
def test_pieces_of_other_places_never_break_a_file(rng: random.Random, file: Path) -> None:
    """What a model may say at worst: code of the same language that belongs somewhere else."""
    text, other = file.read_text(), rng.choice([f for f in FILES if f.suffix == file.suffix]).read_text()
    start, cursor = rng.randrange(len(other)), rng.randrange(len(text))
    says = other[start : start + rng.randrange(1, 120)]
    suggestion = shown(f"{text[:cursor]}{CURSOR}{text[cursor:]}", says, LANGUAGES[file.suffix])
    assert not suggestion or "brackets" not in find_faults(text, cursor, suggestion, LANGUAGES[file.suffix])


def test_nothing_that_the_embedded_model_says_breaks_the_samples() -> None:
    counts = measure(CTranslateModel(find_model(""), "cpu", 1), [SAMPLES], 48)
    assert counts[ALL, "suggestions"] > 10
    assert {name for manner, name in counts if name != "suggestions"} == set()


def test_what_is_open_is_found_in_a_moment_of_a_long_file() -> None:
    """Only the lines around the cursor are looked at: what stands far away changes nothing."""
    near = "f(g[<cursor>])\n"
    far = "x = {'a': (1, 2)}\n" * 5000
    before, after = near.split(CURSOR)
    assert (
        place(far + near + far, "python").balance.open_marks == place(near, "python").balance.open_marks == ("(", "[")
    )
    assert place(f"{far}{before}{CURSOR}{after}", "python").balance.keeps("h()")


@pytest.mark.parametrize(
    ("before", "rest", "closed"),
    [
        ("f(", "a, b);", ");"),
        ('f("', 'a");', '");'),
        ("f(", 'g("a"));', ");"),
        ("", 'f("a");', ""),
        ("x = ", "f(1)", ""),
    ],
)
def test_an_editor_closes_only_what_is_open_before_the_cursor(before: str, rest: str, closed: str) -> None:
    assert closed_by_the_editor(before, rest) == closed
