"""A model folder as GGUF: names, numbers and the places of both."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from benchmarks.peer.gguf import ALIGNMENT, quantised, tensor_names, vocabulary_facts, write_gguf
from engine.model.catalog import EMBEDDED_FOLDER

BLOCK_BYTES = 2 + 32


def dequantised(raw: bytes) -> np.ndarray:
    blocks = np.frombuffer(raw, dtype=[("scale", "<f2"), ("weights", "i1", 32)])
    return (blocks["scale"][:, None].astype(np.float32) * blocks["weights"]).reshape(-1)


def test_a_block_of_weights_survives_to_its_scale() -> None:
    weight = np.random.default_rng(0).normal(size=(3, 64)).astype(np.float32)
    raw = quantised(weight)
    assert len(raw) == 6 * BLOCK_BYTES
    assert np.abs(dequantised(raw) - weight.reshape(-1)).max() <= np.abs(weight).max() / 127
    assert not dequantised(quantised(np.zeros((1, 32), np.float32))).any()


def test_what_is_gated_stands_before_the_rest_of_the_inner_layer() -> None:
    names = tensor_names(2)
    assert len(names) == 2 + 2 * 7
    assert names["blk.1.ffn_up.weight"] == (
        "decoder/layer_1/ffn/linear_0/weight",
        "decoder/layer_1/ffn/linear_0_noact/weight",
    )


def test_ids_without_a_token_get_a_name_and_merges_become_text() -> None:
    tokenizer = {
        "model": {"vocab": {"<|endoftext|>": 0, "a": 1, "b": 2, "ab": 3}, "merges": [["a", "b"]]},
        "added_tokens": [{"id": 0, "content": "<|endoftext|>"}],
    }
    facts = vocabulary_facts(tokenizer, 5)
    assert facts["tokenizer.ggml.tokens"] == ["<|endoftext|>", "a", "b", "ab", "<unused 4>"]
    assert facts["tokenizer.ggml.token_type"] == [3, 1, 1, 1, 3]
    assert facts["tokenizer.ggml.merges"] == ["a b"]


def test_the_embedded_model_is_written_whole(tmp_path: Path) -> None:
    file = tmp_path / "embedded.gguf"
    write_gguf(EMBEDDED_FOLDER, file, 1024)
    raw = file.read_bytes()
    magic, version, tensors, facts = struct.unpack_from("<4sIQQ", raw)
    assert (magic, version, tensors) == (b"GGUF", 3, len(tensor_names(6)))
    assert facts == 20
    assert len(raw) % ALIGNMENT == 0
    embedding = quantised_size(8192, 384)
    assert len(raw) > embedding + 6 * quantised_size(512 + 384 + 3 * 1024, 384)


def quantised_size(rows: int, width: int) -> int:
    return rows * width // 32 * BLOCK_BYTES
