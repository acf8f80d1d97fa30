"""The models a user has: which there are, which is the default, whether they are whole, and how one goes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.model import catalog
from engine.model.catalog import EMBEDDED, EMBEDDED_FOLDER, find_model
from engine.types import ModelError
from tests.small_model import small_model


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with one model in it, "big"."""
    folder = tmp_path / "models"
    monkeypatch.setattr(catalog, "models_folder", lambda: folder)
    small_model(folder / "big")
    return folder


def nothing(_count: int) -> None:
    pass


def test_the_default_is_the_embedded_model_until_another_is_chosen(models: Path) -> None:
    assert find_model("").folder == EMBEDDED_FOLDER
    assert catalog.set_default("big").folder == models / "big"
    assert find_model("").folder == models / "big"
    assert find_model(EMBEDDED).folder == EMBEDDED_FOLDER
    catalog.set_default(EMBEDDED)
    assert (catalog.default_name(), find_model("").folder) == ("", EMBEDDED_FOLDER)


@pytest.mark.parametrize("name", ["nope", "", ".default", "../big", "{path}", "big/../big"])
def test_only_a_model_that_is_there_can_be_the_default(models: Path, name: str) -> None:
    with pytest.raises(ModelError, match="no model named"):
        catalog.set_default(name.format(path=models / "big"))
    assert catalog.default_name() == ""


def test_a_damaged_model_cannot_be_the_default(models: Path) -> None:
    (models / "big" / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json is damaged"):
        catalog.set_default("big")


def test_a_choice_leaves_nothing_else_in_the_folder(models: Path) -> None:
    for _ in range(2):
        catalog.set_default("big")
    assert sorted(path.name for path in models.iterdir()) == [".default", "big"]


@pytest.mark.parametrize(
    ("happened", "message"),
    [
        (lambda models: shutil.rmtree(models / "big"), "no model named 'big'"),
        (lambda models: (models / "big" / "model.bin").unlink(), r"model\.bin is missing"),
        (lambda models: (models / ".default").write_bytes(b"\xff../../etc"), "no model named"),
    ],
)
def test_a_default_that_has_gone_is_an_error_that_says_what_to_do(models: Path, happened, message: str) -> None:
    catalog.set_default("big")
    happened(models)
    with pytest.raises(ModelError, match=rf"the default model cannot be used: .*{message}.*models use"):
        find_model("")
    assert find_model(EMBEDDED).folder == EMBEDDED_FOLDER


def test_damaged_models_are_listed_with_their_fault(models: Path) -> None:
    (models / "half").mkdir()
    (models / ".partial-new-1").mkdir()
    (models / "notes.txt").write_text("mine")
    found = {each.name: each.fault for each in catalog.list_models()}
    assert list(found) == [EMBEDDED, "big", "half"]
    assert found["big"] == ""
    assert "model.toml is missing" in found["half"]


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "..", ".hidden", "-x", "C:", "a\nb", "n" * 101, EMBEDDED])
def test_names_that_no_model_can_have(name: str) -> None:
    assert catalog.name_fault(name)


@pytest.mark.parametrize("name", ["codegeex4-all-9b", "7B_v1.5", "我的模型", "n" * 100])
def test_names_that_models_have(name: str) -> None:
    assert catalog.name_fault(name) == ""


def test_verify_reads_every_file_however_large(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.model.folder.MAX_HASHED_BYTES", 10)
    (models / "big" / "model.bin").write_bytes(b"other weights")
    assert find_model("big").folder  # nothing is noticed at a start: it must be quick
    hashed: list[int] = []
    faults = {check.name: check.fault for check in catalog.check_files(models / "big", hashed.append)}
    assert sum(hashed) == sum((models / "big" / name).stat().st_size for name in faults)
    assert [name for name, fault in faults.items() if fault] == ["model.bin"]
    assert faults["model.bin"].startswith("is damaged")


def test_verify_says_what_is_missing_and_what_has_no_checksum(models: Path) -> None:
    toml = models / "big" / "model.toml"
    toml.write_text("[files]\n'model.bin' = 'x'\n'gone.json' = 'x'\n'../../secret' = 'x'\n")
    (models / "big" / "model.bin").unlink()
    assert {check.name: check.fault for check in catalog.check_files(models / "big", nothing)} == {
        "model.bin": "is missing",
        "gone.json": "is missing",
        "../../secret": "is not a file in this folder",
        "config.json": "model.toml has no checksum for it",
        "tokenizer.json": "model.toml has no checksum for it",
    }


@pytest.mark.parametrize("text", ["broken [", "files = 3", "[files]\na = 1"])
def test_verify_of_a_model_toml_that_cannot_be_read(models: Path, text: str) -> None:
    (models / "big" / "model.toml").write_text(text)
    with pytest.raises(ModelError, match=r"model\.toml"):
        catalog.check_files(models / "big", nothing)


def test_a_removed_model_is_gone_and_the_default_no_more(models: Path) -> None:
    catalog.set_default("big")
    assert catalog.remove_model("big")
    assert list(models.iterdir()) == []
    assert find_model("").folder == EMBEDDED_FOLDER


def test_a_model_that_cannot_be_removed_stays_the_default(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.set_default("big")

    def busy(*_: object) -> None:
        raise OSError("in use")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", busy)
        with pytest.raises(ModelError, match="cannot be removed"):
            catalog.remove_model("big")
    assert catalog.default_name() == "big"
    assert not list(models.glob(".removed-*"))


def test_removing_another_model_leaves_the_default(models: Path) -> None:
    small_model(models / "other")
    catalog.set_default("big")
    assert not catalog.remove_model("other")
    assert catalog.default_name() == "big"


def test_a_damaged_model_can_be_removed(models: Path) -> None:
    (models / "half").mkdir()
    catalog.remove_model("half")
    assert catalog.installed_names() == ["big"]


@pytest.mark.parametrize("name", [EMBEDDED, "nope", "", "..", "../models", "big/..", "{path}"])
def test_what_is_not_an_installed_model_is_not_removed(models: Path, name: str) -> None:
    with pytest.raises(ModelError):
        catalog.remove_model(name.format(path=models / "big"))
    assert (models / "big" / "model.bin").is_file()
    assert (EMBEDDED_FOLDER / "model.bin").is_file()


def test_removing_follows_no_link(models: Path, tmp_path: Path) -> None:
    elsewhere = small_model(tmp_path / "elsewhere")
    (models / "linked").symlink_to(elsewhere)
    (models / "broken").symlink_to(tmp_path / "nowhere")
    (models / "big" / "inner").symlink_to(elsewhere)
    assert find_model("linked").folder == models / "linked"
    for name in ("linked", "broken", "big"):
        catalog.remove_model(name)
    assert catalog.installed_names() == []
    assert (elsewhere / "model.bin").is_file()
