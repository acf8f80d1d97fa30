"""Malformed checkpoints are errors in words: nothing is installed, nothing of them is executed."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models

from engine.convert.convert import Conversion, convert
from engine.types import ModelError
from tests.engine.convert.conversion import SHARD, Silent, assert_nothing_installed


def edit_config(**changes: Any) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | changes))

    return apply


def edit_shard(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        tensors = load_file(folder / SHARD)
        change(tensors)
        save_file(tensors, folder / SHARD, {"format": "pt"})

    return apply


def cut_off(folder: Path) -> None:
    raw = (folder / SHARD).read_bytes()
    (folder / SHARD).write_bytes(raw[: len(raw) // 2])


def lfs_pointer(folder: Path) -> None:
    (folder / SHARD).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n")


def other_checksum(folder: Path) -> None:
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  {SHARD}\n")


def noted_checksum(folder: Path) -> None:
    notes = folder / ".cache" / "huggingface" / "download"
    notes.mkdir(parents=True)
    (notes / f"{SHARD}.metadata").write_text(f"{'1' * 40}\n{'0' * 64}\n1700000000.0\n")


class Evil:
    """A pickle that would write a file when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.file, "executed"))


def evil_pickle(folder: Path) -> None:
    for shard in folder.glob("model*"):
        shard.unlink()
    torch.save({"weight": torch.ones(2), "extra": Evil(folder.parent / "executed")}, folder / "pytorch_model.bin")


def bare_evil_pickle(folder: Path) -> None:
    for shard in folder.glob("model*"):
        shard.unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(folder.parent / "executed"), 2))


def only_pickle(folder: Path, value: object) -> None:
    for shard in folder.glob("model*"):
        shard.unlink()
    torch.save(value, folder / "pytorch_model.bin")


def pickle_in_a_circle(folder: Path) -> None:
    circle: dict[str, Any] = {"weight": torch.ones(2)}
    circle["again"] = circle
    only_pickle(folder, circle)


def sparse_pickle(folder: Path) -> None:
    only_pickle(folder, {"weight": torch.ones(2).to_sparse()})


def speechless_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0}, "<unk>"))
    tokenizer.save(str(folder / "tokenizer.json"))


def large_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_tokens([f"<extra {i}>" for i in range(100)])
    tokenizer.save(str(folder / "tokenizer.json"))


def put_nan(tensors: dict[str, torch.Tensor]) -> None:
    tensors["transformer.encoder.layers.0.mlp.dense_4h_to_h.weight"][3, 5] = float("nan")


NORM = "transformer.encoder.final_layernorm.weight"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_off, f"{SHARD} is damaged or truncated"),
        (lambda folder: (folder / SHARD).unlink(), f"1 of 2 shards are missing: {SHARD}"),
        (lfs_pointer, "Git LFS pointer"),
        (other_checksum, f"{SHARD} is damaged: its checksum is not the published one"),
        (noted_checksum, f"{SHARD} is damaged: its checksum is not the published one"),
        (edit_shard(lambda t: t.update({NORM: torch.ones(65)})), r"final_layernorm.weight has shape \[65\].* \[64\]"),
        (edit_shard(lambda t: t.pop(NORM)), f"lacks the tensor {NORM}"),
        (edit_shard(lambda t: t.update(extra=torch.ones(3))), "has no use for extra"),
        (edit_shard(put_nan), "layer_0/ffn/linear_1/weight contain NaN or infinity"),
        (edit_shard(lambda t: t.update({NORM: torch.ones(64, dtype=torch.int8)})), "quantised checkpoint cannot be"),
        (edit_config(num_layers=3), "lacks the tensor transformer.encoder.layers.2"),
        (edit_config(num_layers=1), "has no use for transformer.encoder.layers.1"),
        (edit_config(hidden_size=128), "config.json says"),
        (edit_config(kv_channels=None), "config.json: kv_channels is missing"),
        (edit_config(layernorm_epsilon="small"), "layernorm_epsilon is 'small', expected a positive number"),
        (edit_config(rope_ratio=float("nan")), "rope_ratio is nan, expected a positive number"),
        (edit_config(rope_ratio=10**400), "rope_ratio is 1000.*, expected a positive number"),
        (edit_config(num_layers=10**6), "number of layers is 1000000, expected at most 1024"),
        (edit_config(padded_vocab_size=10**9), "vocabulary is 1000000000, expected at most"),
        (edit_config(hidden_size=10**12), "hidden_size is 1000000000000, expected a whole number from 1 to"),
        (edit_config(hidden_size=-64), "hidden_size is -64, expected a whole number"),
        (edit_config(multi_query_group_num=3), "number of KV heads is 3, which 4 heads cannot share"),
        (edit_config(tie_word_embeddings="false"), "tie_word_embeddings is 'false', expected true or false"),
        (edit_config(seq_length=63), "a context of 63 tokens is too short"),
        (edit_config(model_type="mamba"), "model_type is 'mamba'; these can be converted"),
        (edit_config(model_type="qwen3_moe"), "no mixture of experts"),
        (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json cannot be read"),
        (lambda folder: (folder / "config.json").write_text("[" * 100_000), "config.json cannot be read"),
        (evil_pickle, "holds more than tensors and was not loaded"),
        (bare_evil_pickle, "holds more than tensors and was not loaded|damaged or cut off"),
        (pickle_in_a_circle, "nested too deeply"),
        (sparse_pickle, "weight is not a dense one"),
        (speechless_tokenizer, "the tokenizer knows only 1 different tokens"),
        (large_tokenizer, "the tokenizer has 364 tokens, the checkpoint only 320 embedding rows"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer"),
    ],
)
def test_a_checkpoint_that_is_not_converted(
    source: Path, tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(source)
    with pytest.raises(ModelError, match=message):
        convert(Conversion(source, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)
