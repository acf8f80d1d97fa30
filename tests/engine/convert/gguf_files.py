"""Writes GGUF files from tiny published checkpoints as llama.cpp's converter does, by names of the `gguf` package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import quantize

from engine.convert.checkpoint import Checkpoint

ROTATES_PAIRS = {"llama"}
GROUPS_QKV = {"gptneox"}


def write_gguf(
    path: Path,
    architecture: str,
    checkpoint: Checkpoint,
    quantised: bool = False,
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write a checkpoint with an architecture's order of rows. `more` are keys of the architecture, or without it."""
    config = checkpoint.config
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in {**_sizes(config), **(more or {})}.items():
        full = key if key.startswith(("tokenizer.", "general.", "split.")) else f"{architecture}.{key}"
        _add(writer, full, value)
    tokens = [f"t{number}" for number in range(_first(config, "vocab_size", "padded_vocab_size"))]
    writer.add_tokenizer_model("gpt2")
    if "tokenizer.ggml.pre" not in (more or {}):
        writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * len(tokens))
    writer.add_token_merges(["t1 t2"])
    writer.add_eos_token_id(2)
    kind = next(number for number, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(kind, 2)
    heads = _first(config, "num_attention_heads")
    groups = _first(config, "num_key_value_heads", "multi_query_group_num", default=heads)
    for name in checkpoint:
        stored = names.get_name(name.removeprefix("transformer."), try_suffixes=(".weight", ".bias"))
        if stored is None or name.endswith("inv_freq"):  # a buffer
            continue
        values = checkpoint.read(name).float().numpy()
        if architecture in ROTATES_PAIRS and ("attn_q." in stored or "attn_k." in stored):
            values = _pairs(values, heads if "attn_q." in stored else groups)
        elif architecture in GROUPS_QKV and "attn_qkv" in stored:
            values = values.reshape(heads, 3, -1, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)
        elif architecture == "gemma" and stored.endswith("norm.weight"):
            values = values + 1
        if quantised and values.ndim > 1:
            writer.add_tensor(
                stored,
                quantize(values, gguf.GGMLQuantizationType.Q8_0),
                raw_dtype=gguf.GGMLQuantizationType.Q8_0,
            )
        else:
            writer.add_tensor(stored, np.ascontiguousarray(values, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _pairs(values: np.ndarray, heads: int) -> np.ndarray:
    return values.reshape(heads, 2, -1, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def _sizes(config: Mapping[str, Any]) -> dict[str, Any]:
    heads, width = _first(config, "num_attention_heads"), _first(config, "hidden_size")
    head = _first(config, "head_dim", "kv_channels", default=width // heads)
    share = _first(config, "partial_rotary_factor", "rotary_pct", default=0.5 if "kv_channels" in config else 1.0)
    base = _first(config, "rope_theta", "rotary_emb_base", default=10_000.0 * config.get("rope_ratio", 1))
    return {
        "block_count": 2,
        "context_length": _first(config, "max_position_embeddings", "seq_length"),
        "embedding_length": width,
        "feed_forward_length": _first(config, "intermediate_size", "ffn_hidden_size"),
        "attention.head_count": heads,
        "attention.head_count_kv": _first(config, "num_key_value_heads", "multi_query_group_num", default=heads),
        "attention.key_length": head,
        "rope.dimension_count": int(head * share),
        "rope.freq_base": float(base),
        "attention.layer_norm_rms_epsilon": float(_first(config, "rms_norm_eps", "layernorm_epsilon", default=1e-6)),
        "attention.layer_norm_epsilon": float(_first(config, "layer_norm_eps", "norm_epsilon", default=1e-5)),
    }


def _first(config: Mapping[str, Any], *keys: str, default: Any = None) -> Any:
    return next((config[key] for key in keys if config.get(key) is not None), default)


def _add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    add = {bool: writer.add_bool, float: writer.add_float32, int: writer.add_uint32, str: writer.add_string}
    add[type(value)](key, value)
