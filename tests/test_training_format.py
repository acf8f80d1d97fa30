"""What the model was trained on is what the engine asks with, token by token."""

from __future__ import annotations

import random

import pytest

from engine.completion.assemble import assemble
from engine.languages import language_of
from engine.model.catalog import find_model
from engine.model.tokenizer import FolderTokenizer
from engine.prompt.templates import Contents, PromptEncoder
from engine.types import Mode, Snippet

BEFORE, MIDDLE = "def paint(frame, wheels):\n    return fra", "me"
REFERENCE = (
    "def make_bicycle(frame, wheels, saddle, handlebar):\n    return assemble_bicycle(frame, wheels, saddle, handlebar)"
)


@pytest.mark.parametrize("with_reference", [False, True])
def test_samples_are_cut_as_prompts_are_assembled(monkeypatch: pytest.MonkeyPatch, with_reference: bool) -> None:
    samples = pytest.importorskip("training.samples", reason="training/ is not beside the tests, or numpy is absent")
    description = find_model("")
    tokenizer = FolderTokenizer(description.folder)
    text = BEFORE + MIDDLE + "\n"
    cutter = object.__new__(samples.Cutter)
    cutter.tokenizer = tokenizer._tokenizer
    cutter.special = samples.special_ids(cutter.tokenizer)
    project = samples.Project(chunks=[samples.Chunk("bicycle.py", REFERENCE)], postings={"frame": [0], "wheels": [0]})
    monkeypatch.setattr(cutter, "draw", lambda _: ("Python", project, "src/paint.py", text), raising=False)
    monkeypatch.setattr(samples, "cut", lambda *_: samples.Cut(len(BEFORE), len(BEFORE + MIDDLE), len(text), "LINE"))
    monkeypatch.setattr(samples.choices, "REFERENCE_SHARE", float(with_reference))
    monkeypatch.setattr(samples.choices, "INFILL_SHARE", 0.0)
    tokens, weights = cutter.sample(1000, random.Random(0))

    snippets = (Snippet("bicycle.py", 0, 2, REFERENCE, 1.0, "similar"),) if with_reference else ()
    contents = Contents("src/paint.py", language_of("python"), Mode.LINE, BEFORE, "")
    prompt = assemble(PromptEncoder(description, tokenizer), contents, 1000, snippets)
    middle = [*tokenizer.encode(MIDDLE), *tokenizer.control("<|endoftext|>")]
    assert tokens == [*prompt.tokens, *middle]
    assert len(weights) == len(tokens)
    assert set(weights[-len(middle) :]) == {samples.choices.MIDDLE_WEIGHT}
    # Every token of code is learned from, single signs too; no control token is.
    code = tokens[-len(middle) - 3 - prompt.prefix_tokens : -len(middle) - 3]
    assert tokenizer.decode(code) == BEFORE
    assert set(weights[-len(middle) - 3 - prompt.prefix_tokens : -len(middle) - 3]) == {1}
    controls = set(cutter.special.values()) - {0}
    assert not any(weight for token, weight in zip(tokens, weights, strict=True) if token in controls)
