"""What is wrong with a model folder is said in words; nothing native ever reads a damaged file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.model import catalog
from engine.model.catalog import EMBEDDED_FOLDER, find_model
from engine.model.ctranslate import CTranslateModel
from engine.model.folder import Confidence, read_description
from engine.postprocess.confidence import FEATURES
from engine.types import Eagerness, ModelError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the embedded model, to be damaged."""
    return Path(shutil.copytree(EMBEDDED_FOLDER, tmp_path / "model"))


def edit(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        (folder / name).write_text(change((folder / name).read_text()))

    return apply


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: shutil.rmtree(f), "no model folder"),
        (lambda f: (f / "model.bin").unlink(), "model.bin is missing"),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json is missing"),
        (lambda f: (f / "model.bin").write_bytes(b""), "model.bin is empty"),
        (lambda f: (f / "model.bin").write_bytes((f / "model.bin").read_bytes()[:100_000]), "model.bin is damaged"),
        (edit("tokenizer.json", lambda t: t[:1000]), "tokenizer.json is damaged"),
        (edit("model.toml", lambda t: t + "\nbroken ["), "model.toml cannot be read"),
        (edit("model.toml", lambda t: t.replace("format = 1", "format = 9")), "format is 9, this version reads 1"),
        (edit("model.toml", lambda t: t.replace('family = "glm4"\n', "")), "family is missing"),
        (edit("model.toml", lambda t: t.replace("context_length = 1024", 'context_length = "long"')), "wrong type"),
        (edit("model.toml", lambda t: t.replace("context_length = 1024", "context_length = 8")), "under 64 tokens"),
        (
            edit("model.toml", lambda t: "files = 3\n" + t[: t.index("[files]")]),
            r"\[files\] is not a table of checksums",
        ),
        (edit("model.toml", lambda t: t.replace('"infill"', '"fly"')), r"unknown capabilities \['fly'\]"),
        (edit("model.toml", lambda t: t.replace("show = 0.", "show = 7.")), "show is 7.*, which is not a probability"),
        (edit("model.toml", lambda t: t.replace("log_prob = ", "log_prob = true #")), "log_prob is True"),
    ],
)
def test_a_folder_that_cannot_be_used(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(folder)
    with pytest.raises(ModelError, match=message):
        read_description(folder)


def test_the_embedded_model_has_a_weight_for_every_sign() -> None:
    confidence = find_model("").confidence
    assert set(confidence.weights) == set(FEATURES)
    assert confidence.many < confidence.show < confidence.few
    levels = [confidence.threshold(eagerness) for eagerness in (Eagerness.MANY, Eagerness.BALANCED, Eagerness.FEW)]
    assert levels == sorted(levels)


def test_a_model_that_nobody_has_calibrated_is_believed(folder: Path) -> None:
    edit("model.toml", lambda t: t[: t.index("[confidence]")] + t[t.index("[source]") :])(folder)
    assert read_description(folder).confidence == Confidence(show=0.5, few=0.7, many=0.3, weights={})


def test_a_tokenizer_that_is_none(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    edit("model.toml", lambda t: t.partition("[files]")[0])(folder)
    with pytest.raises(ModelError, match=r"tokenizer.json cannot be read"):
        CTranslateModel(read_description(folder), "cpu", 1)


def test_a_model_that_ctranslate2_refuses(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"not a model")
    edit("model.toml", lambda t: t.partition("[files]")[0])(folder)
    with pytest.raises(ModelError, match="cannot be loaded on cpu"):
        CTranslateModel(read_description(folder), "cpu", 1)


def test_a_stop_token_that_the_tokenizer_has_not(folder: Path) -> None:
    edit("model.toml", lambda t: t.replace('stop = ["<|endoftext|>"]', 'stop = ["the end"]'))(folder)
    with pytest.raises(ModelError, match=r"the tokenizer has no stop token 'the end'"):
        CTranslateModel(read_description(folder), "cpu", 1)


def test_models_are_found_by_name_and_by_path(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "models_folder", lambda: tmp_path)
    assert find_model("").folder == find_model("embedded").folder == EMBEDDED_FOLDER
    assert find_model("model").folder == find_model(str(folder)).folder == folder
    with pytest.raises(ModelError, match=r"no model named 'nope'.*embedded, model"):
        find_model("nope")
