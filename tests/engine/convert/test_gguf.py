"""GGUF files: the same checkpoint under other names, in another order, and maybe quantised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import pre_tokenizers

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.convert import Conversion, convert
from engine.convert.families import recognise
from engine.convert.gguf.checkpoint import open_gguf_checkpoint
from engine.convert.gguf.tokenizer import SPLITS, write_tokenizer
from engine.convert.published import open_checkpoint
from engine.convert.reference.blocks import run
from engine.convert.tensors import Weights
from engine.convert.tokenizer import begins_with_space, read_tokenizer
from engine.types import ModelError
from tests.engine.convert.checkpoints import publish, tokens
from tests.engine.convert.codegeex import GLM4, publish_chatglm
from tests.engine.convert.conversion import Silent, assert_nothing_installed
from tests.engine.convert.gguf_files import write_gguf
from tests.engine.convert.test_gpt_like import GPT_NEOX, STARCODER2
from tests.engine.convert.test_llama_like import CODE_LLAMA, GEMMA, LLAMA_3_1, PHI_2, QWEN_2_5_CODER, QWEN_3

GROUPED_LLAMA = {key: value for key, value in LLAMA_3_1.items() if key != "rope_scaling"}
MODELS = {
    "llama": CODE_LLAMA,
    "llama, grouped": GROUPED_LLAMA,
    "llama, linear": {**CODE_LLAMA, "rope_scaling": {"type": "linear", "factor": 4.0}},
    "qwen2": QWEN_2_5_CODER,
    "qwen3": QWEN_3,
    "gemma": GEMMA,
    "starcoder2": {**STARCODER2, "max_position_embeddings": 4096, "sliding_window": 4096, "rope_theta": 1e6},
    "phi2": PHI_2,
    "gptneox": GPT_NEOX,
    "chatglm": GLM4,
}
LINEAR = {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}


def published(folder: Path, config: dict[str, Any]) -> Checkpoint:
    if config["model_type"] == "chatglm":
        publish_chatglm(folder, config)
    else:
        publish(folder, config)
    return open_checkpoint(folder)


def logits(checkpoint: Checkpoint) -> torch.Tensor:
    config = Config(checkpoint.folder, checkpoint.config)
    family, weights = recognise(checkpoint.config), Weights(checkpoint)
    family.build(config, weights)
    assert weights.leftovers() == []
    return run(family.reference(config, checkpoint), [tokens(100)], last=100)[0]


@pytest.mark.parametrize("name", MODELS)
def test_a_gguf_file_is_the_checkpoint_it_was_made_of(name: str, tmp_path: Path) -> None:
    original = published(tmp_path / "published", MODELS[name])
    more = LINEAR if "linear" in name else {}
    path = write_gguf(tmp_path / "x.gguf", name.partition(",")[0], original, more=more)
    read = open_gguf_checkpoint(path, tmp_path)
    assert all(torch.equal(read.read(each), original.read(each).float()) for each in read)
    assert torch.equal(logits(read), logits(original))


def test_a_quantised_file_is_close_to_the_checkpoint_it_was_made_of(tmp_path: Path) -> None:
    original = published(tmp_path / "published", GROUPED_LLAMA)
    read = open_gguf_checkpoint(write_gguf(tmp_path / "x.gguf", "llama", original, quantised=True), tmp_path)
    name = "model.layers.1.self_attn.q_proj.weight"
    assert read.read(name, 5, 9).shape == (4, 64)
    assert torch.equal(read.read(name, 5, 9), read.read(name)[5:9])
    torch.testing.assert_close(read.read(name), original.read(name).float(), atol=0.01, rtol=0.02)


def test_byte_level_tokenizers_split_as_their_name_says(tmp_path: Path) -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["<|end|>", "Ġx", "12", "123"]
    metadata = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": [*alphabet, *words],
        "tokenizer.ggml.token_type": [1] * 256 + [3, 1, 1, 1],
        "tokenizer.ggml.merges": ["Ġ x", "1 2", "12 3"],
        "tokenizer.ggml.eos_token_id": 256,
    }
    split = {}
    for pre in SPLITS:
        assert write_tokenizer({**metadata, "tokenizer.ggml.pre": pre}, tmp_path, tmp_path) == [256]
        tokenizer = read_tokenizer(tmp_path, "llama")
        assert tokenizer.decode(tokenizer.encode("a x <|end|> 123\n").ids) == "a x <|end|> 123\n"
        split[pre] = len(tokenizer.encode("123").ids)
    assert (split["gpt-2"], split["smollm"], split["qwen2"], split["llama-bpe"], split["tekken"]) == (1, 3, 3, 1, 3)


def test_a_sentencepiece_tokenizer_is_read_from_its_pieces(tmp_path: Path) -> None:
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "x", "▁x", "y"]
    metadata = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": pieces,
        "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, 1, 1, 1, 1],
        "tokenizer.ggml.scores": [0.0] * 259 + [-3.0, -4.0, -1.0, -5.0],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    assert write_tokenizer(metadata, tmp_path, tmp_path) == [2]
    tokenizer = read_tokenizer(tmp_path, "llama")
    assert [tokenizer.id_to_token(number) for number in tokenizer.encode(" x y").ids] == ["▁x", "▁", "y"]
    assert begins_with_space(tmp_path, "llama")
    assert json.loads((tmp_path / "tokenizer_config.json").read_text())["add_bos_token"] is True


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def swapped(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4] + data[7:3:-1] + data[8:])


def renamed(path: Path) -> None:
    path.write_bytes(b"GGML" + path.read_bytes()[4:])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut_off, "damaged or truncated"),
        (cut_short, "damaged or truncated"),
        (swapped, "the other byte order"),
        (renamed, "not a GGUF file"),
    ],
)
def test_a_damaged_file_is_named_and_nothing_is_installed(damage: Any, reason: str, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "x.gguf", "llama", published(tmp_path / "published", CODE_LLAMA))
    damage(path)
    with pytest.raises(ModelError, match=rf"x\.gguf .*{reason}"):
        convert(Conversion(path, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"expert_count": 8}, "no mixture of experts"),
        ({"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0}, "rope_scaling is 'yarn'"),
        ({"block_count": 10**6}, "the number of layers is 1000000"),
        ({"attention.head_count": 7}, "hidden|heads|shape"),
        ({"tokenizer.ggml.pre": "mystery"}, "not known how its tokenizer 'mystery' splits text"),
        ({"split.count": 3}, "is one of 3 files"),
    ],
)
def test_what_cannot_be_converted_has_a_reason(more: dict[str, Any], reason: str, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "x.gguf", "llama", published(tmp_path / "published", CODE_LLAMA), more=more)
    with pytest.raises(ModelError, match=reason):
        convert(Conversion(path, tmp_path / "models"), Silent())
    assert_nothing_installed(tmp_path)


def test_a_part_of_a_split_model_needs_the_others(tmp_path: Path) -> None:
    part = tmp_path / "x-00001-of-00002.gguf"
    part.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"1 of 2 files are missing: x-00002-of-00002\.gguf"):
        convert(Conversion(part, tmp_path / "models"), Silent())


def test_a_folder_of_gguf_files_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"holds GGUF files; give the one to convert, such as .*x\.gguf"):
        open_checkpoint(tmp_path)
