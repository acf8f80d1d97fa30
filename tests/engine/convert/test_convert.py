"""From a published folder to an installed model, and errors that leave nothing installed."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from engine.convert import convert as converting
from engine.convert.convert import Conversion, convert
from engine.model.ctranslate import CTranslateModel
from engine.model.folder import read_description
from engine.model.protocol import Question
from engine.types import CancellationToken, ModelError
from tests.engine.convert.codegeex import GLM4
from tests.engine.convert.conversion import SHARD, Silent, assert_nothing_installed


def test_an_installed_model_answers_as_the_daemon_asks(source: Path, tmp_path: Path) -> None:
    (source / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n# A model\n")
    folder = convert(Conversion(source, tmp_path / "models"), Silent())
    description = read_description(folder)
    assert (folder.name, description.name, description.family) == ("codegeex4-tiny", "codegeex4-tiny", "codegeex4")
    assert description.template == "codegeex4-infill"
    assert description.context_length == GLM4["seq_length"]
    assert description.facts["licence"] == "mit"
    assert description.facts["parity"]["max_difference_float32"] <= 1e-4
    assert description.facts["parity"]["top1_agreement_int8"] > 0.9
    shard = source / SHARD
    assert description.facts["source"]["files"][SHARD] == hashlib.sha256(shard.read_bytes()).hexdigest()
    model = CTranslateModel(description, "cpu", 1)
    generated = model.generate(Question(model.tokenizer.encode("def main():"), 4, lambda _: False), CancellationToken())
    assert len(generated.ends) == 4 or generated.stopped


def test_progress_is_reported(source: Path, tmp_path: Path) -> None:
    report = Silent()
    convert(Conversion(source, tmp_path / "models"), report)
    assert report.stages == [
        "checking the files",
        "writing the model",
        "comparing with the checkpoint",
        "comparing int8",
    ]
    total, done = report.counts["writing the model"]
    assert total <= done < total + 100


def test_a_model_too_large_for_the_memory_is_compared_in_windows(source: Path, tmp_path: Path) -> None:
    facts = read_description(convert(Conversion(source, tmp_path / "models", memory_bytes=1), Silent())).facts["parity"]
    assert facts["windows"] == GLM4["num_layers"] + 1
    assert facts["max_difference_float32"] <= 1e-4
    assert "not measured" in facts["top1_agreement_int8"]


def test_a_disk_without_room_is_seen_before_anything_is_written(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**20}))
    with pytest.raises(ModelError, match=r"has 0.0 GiB free, the conversion needs 0.1"):
        convert(Conversion(source, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)


def test_a_disk_that_fills_up_in_the_middle(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(converting, "write_model", full)
    with pytest.raises(ModelError, match=r"the disk of .*models is full: free some space and convert again"):
        convert(Conversion(source, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)


def test_a_models_folder_that_cannot_be_written(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ModelError, match=r"cannot be read or written: (Not a directory|File exists)"):
        convert(Conversion(source, tmp_path / "file" / "models"), Silent())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")
def test_no_permission(source: Path, tmp_path: Path) -> None:
    locked = tmp_path / "models"
    locked.mkdir(mode=0o500)
    root = os.geteuid() == 0  # whom no permission binds
    for folder in [tmp_path, *tmp_path.parents][:3] if root else []:
        folder.chmod(0o755)
    for file in source.iterdir():
        file.chmod(0o644)
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(ModelError, match="cannot be read or written: Permission denied"):
            convert(Conversion(source, locked), Silent())
    finally:
        if root:
            os.seteuid(0)
    assert not list(locked.iterdir())


def test_an_interrupted_conversion_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(converting.parity, "compare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        convert(Conversion(source, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)


def test_what_a_killed_conversion_left_is_cleared_away(source: Path, tmp_path: Path) -> None:
    made_here, elsewhere = (f".partial-{host}@999999999@00@other" for host in (platform.node(), "another-machine"))
    for name in (made_here, elsewhere):
        (tmp_path / "models" / name).mkdir(parents=True)
    convert(Conversion(source, tmp_path / "models"), Silent())
    assert {path.name for path in (tmp_path / "models").iterdir()} == {elsewhere, "codegeex4-tiny"}


def test_a_model_of_that_name_that_was_made_meanwhile_stays(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "models" / "codegeex4-tiny"

    def described(*_: object, **__: object) -> str:
        target.mkdir()
        return ""

    monkeypatch.setattr(converting, "model_toml", described)
    monkeypatch.setattr(converting, "read_description", lambda _: None)
    with pytest.raises(ModelError, match=r"a model named .* already exists"):
        convert(Conversion(source, tmp_path / "models"), Silent())
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_what_the_daemon_could_not_read_is_not_installed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "model_toml", lambda _: "format = 1")
    with pytest.raises(ModelError, match="prompt is missing"):
        convert(Conversion(source, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)


def test_a_comparison_that_breaks_off_is_an_error(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(*_: object) -> None:
        raise RuntimeError("can't allocate memory")

    monkeypatch.setattr(converting.parity, "compare", out_of_memory)
    with pytest.raises(ModelError, match=r"failed \(can't allocate memory\)"):
        convert(Conversion(source, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)


def test_a_model_that_disagrees_is_not_installed(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = converting.recognise(GLM4)

    def other_rotation(config: Any, checkpoint: Any) -> Any:
        return family.reference(type(config)(config.folder, dict(config.table) | {"rope_ratio": 1}), checkpoint)

    wrong = type(family)(family.name, family.model_types, family.build, other_rotation, family.context_length)
    monkeypatch.setattr(converting, "recognise", lambda _: wrong)
    with pytest.raises(ModelError, match="does not compute what the checkpoint computes"):
        convert(Conversion(source, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "x" * 200, "with space"])
def test_names_that_are_none(source: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="is not a valid name"):
        convert(Conversion(source, tmp_path / "models", name), Silent())


def test_a_file_that_is_no_weights(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json is not a file of weights; give the folder"):
        convert(Conversion(source / "config.json", tmp_path / "models"), Silent())


def test_a_folder_whose_name_no_model_can_have(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'模型' is not a valid name: .* \(--name\)"):
        convert(Conversion(source.rename(tmp_path / "模型"), tmp_path / "models"), Silent())


def test_the_embedded_models_name_is_no_other_models(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is the name of the model inside the package"):
        convert(Conversion(source, tmp_path / "models", "embedded"), Silent())


def test_a_source_of_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ModelError, match=r"a (cannot be read|does not exist)"):
        convert(Conversion(tmp_path / "a", tmp_path / "models"), Silent())


def test_a_name_that_a_dead_link_has_is_taken(source: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine").symlink_to("nowhere")
    with pytest.raises(ModelError, match="a model named 'mine' already exists"):
        convert(Conversion(source, tmp_path / "models", "mine"), Silent())


def test_a_name_that_is_taken(source: Path, tmp_path: Path) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    with pytest.raises(ModelError, match="a model named 'mine' already exists"):
        convert(Conversion(source, tmp_path / "models", "mine"), Silent())


def test_the_models_table_can_be_read_back(source: Path, tmp_path: Path) -> None:
    folder = convert(Conversion(source, tmp_path / "models", numeric_type="bfloat16"), Silent())
    description = read_description(folder)
    assert description.numeric_type == "bfloat16"
    assert tomli_w.dumps(description.facts) == (folder / "model.toml").read_text()
