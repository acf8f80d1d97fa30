"""Sampled answers of the shipped model. Seeds count once a process, so they are tested in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.model.catalog import find_model
from engine.model.ctranslate import CTranslateModel
from engine.model.protocol import Question
from engine.types import GREEDY, CancellationToken, Sampling

DRAWN = Sampling(temperature=1.0, top_p=0.95)


@pytest.fixture(scope="module")
def model() -> CTranslateModel:
    return CTranslateModel(find_model(""), "cpu", 1)


def sampled_text(model: CTranslateModel, sampling: Sampling) -> str:
    tokens = model.tokenizer.encode("def area(width, height):\n    ")
    return model.generate(Question(tokens, 16, lambda _: False, sampling), CancellationToken()).text


def test_greedy_is_what_comes_without_asking(model: CTranslateModel) -> None:
    tokens = model.tokenizer.encode("def area(width, height):\n    ")
    unasked = model.generate(Question(tokens, 16, lambda _: False), CancellationToken()).text
    assert unasked == sampled_text(model, GREEDY) == sampled_text(model, Sampling(temperature=0, top_p=0.5, seed=3))


def test_drawn_answers_differ(model: CTranslateModel) -> None:
    assert len({sampled_text(model, DRAWN) for _ in range(6)}) > 1


def test_one_candidate_leaves_nothing_to_draw(model: CTranslateModel) -> None:
    assert sampled_text(model, Sampling(temperature=1.0, top_k=1)) == sampled_text(model, GREEDY)


def test_a_seed_makes_a_process_repeatable() -> None:
    code = (
        "import sys\n"
        "from tests.engine.test_sampling import sampled_text\n"
        "from engine.model.catalog import find_model\n"
        "from engine.model.ctranslate import CTranslateModel\n"
        "from engine.types import Sampling\n"
        "def main(seed):\n"
        "    model = CTranslateModel(find_model(''), 'cpu', 1)\n"
        "    print(repr([sampled_text(model, Sampling(1.0, 0.95, seed=seed)) for _ in range(3)]))\n"
        "main(int(sys.argv[1]))\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code, seed], capture_output=True, text=True, timeout=60, check=True)
        for seed in ("1", "1", "2")
    ]
    first, again, other = (run.stdout for run in runs)
    assert first == again != other
