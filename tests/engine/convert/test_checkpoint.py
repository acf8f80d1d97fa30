"""A checkpoint's files: which are taken, and what of them stays in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.convert import checkpoint
from engine.convert.checkpoint import PickleFile, Pickles, open_tensor_files, tensor_paths
from engine.convert.config import Config, read_rope
from engine.convert.model_parallel import JoinedFile
from engine.types import ModelError


def test_safetensors_come_before_pickles_even_if_only_those_have_an_index(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "model.safetensors")
    torch.save({"a": torch.ones(2)}, tmp_path / "pytorch_model-1.bin")
    index = {"weight_map": {"a": "pytorch_model-1.bin"}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    assert tensor_paths(tmp_path) == [tmp_path / "model.safetensors"]


def test_an_index_leads_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"a": torch.ones(2)}, tmp_path / "outside.safetensors")
    index = {"weight_map": {"a": "../outside.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match=r"1 of 1 shards are missing: outside.safetensors"):
        tensor_paths(folder)


def test_all_pickles_together_stay_mapped_for_so_many_bytes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "REMAP_AFTER_BYTES", 100)
    pickles = Pickles()
    for name in ("a", "b"):
        torch.save({name: torch.ones(15)}, tmp_path / name)
    files = {name: PickleFile(tmp_path / name, pickles) for name in ("a", "b")}
    assert files["a"].read("a", 0, 15).sum() == 15
    before = pickles.tensors(tmp_path / "b")
    files["b"].read("b", 0, 15)  # 120 bytes by now, of either 60
    assert pickles.tensors(tmp_path / "b") is not before


def test_of_files_that_cannot_be_mapped_one_is_in_memory(tmp_path: Path) -> None:
    pickles = Pickles()
    for name in ("a", "b"):
        torch.save({name: torch.ones(2)}, tmp_path / name, _use_new_zipfile_serialization=False)
    first = pickles.tensors(tmp_path / "a")
    assert pickles.tensors(tmp_path / "a") is first
    pickles.tensors(tmp_path / "b")
    assert pickles.tensors(tmp_path / "a") is not first


def test_model_parallel_parts_of_other_widths_are_an_error(tmp_path: Path) -> None:
    name = "module.language_model.embedding.word_embeddings.weight"
    for part, width in enumerate((4, 5)):
        torch.save({name: torch.ones(2, width)}, tmp_path / f"mp_rank_0{part}.pt")
    with pytest.raises(ModelError, match="do not fit together"):
        JoinedFile(open_tensor_files(sorted(tmp_path.iterdir())))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("linear", "rope_scaling is 'linear', expected a table"),
        ({"full_attention": {"rope_theta": 1e6}}, "expected a table of numbers"),
        ({"factor": 2.0}, "has a factor but no type"),
        ({"type": "linear", "factor": "2"}, "factor is '2', expected a positive number"),
        ({"type": "linear"}, "is linear but has no factor"),
        ({"partial_rotary_factor": 7}, "expected at most 1"),
        ({"rope_theta": float("inf")}, "rope_theta is inf, expected a positive number"),
    ],
)
def test_rotary_positions_that_are_not_understood(tmp_path: Path, table: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_rope(Config(tmp_path, {"rope_scaling": table}), ("default", "linear"))
