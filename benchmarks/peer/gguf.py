"""A model folder of ours as GGUF in Q8_0, so that llama.cpp computes with the same weights.

GGUF version 3 (ggml/docs/gguf.md), little-endian: magic, version, number of tensors and of facts; the facts; the
tensors' names, shapes (fastest dimension first), types and places; then their bytes, each aligned. GLM's layout is
llama.cpp's architecture "chatglm": QKV in one matrix, gate and up in another, interleaved rotary pairs as CTranslate2
with `rotary_interleave`, so that no row changes its place.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.convert.model_bin import float_weight, read_variables

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC, VERSION, ALIGNMENT = b"GGUF", 3, 32
UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9  # types of facts
F32, Q8_0 = 0, 8  # types of tensors
NORMAL, CONTROL = 1, 3  # types of tokens
BLOCK = 32  # weights that share a scale
Fact = int | float | str | list[str] | list[int]

LAYER_TENSORS = {
    "attn_norm.weight": ("self_attention/layer_norm/gamma",),
    "attn_qkv.weight": ("self_attention/linear_0/weight",),
    "attn_qkv.bias": ("self_attention/linear_0/bias",),
    "attn_output.weight": ("self_attention/linear_1/weight",),
    "ffn_norm.weight": ("ffn/layer_norm/gamma",),
    "ffn_up.weight": ("ffn/linear_0/weight", "ffn/linear_0_noact/weight"),  # what is gated stands first
    "ffn_down.weight": ("ffn/linear_1/weight",),
}


def tensor_names(layers: int) -> dict[str, tuple[str, ...]]:
    """Return llama.cpp's name of each tensor, and the variables of model.bin with its rows. The head is tied."""
    names: dict[str, tuple[str, ...]] = {
        "token_embd.weight": ("decoder/embeddings/weight",),
        "output_norm.weight": ("decoder/layer_norm/gamma",),
    }
    for index in range(layers):
        for name, parts in LAYER_TENSORS.items():
            names[f"blk.{index}.{name}"] = tuple(f"decoder/layer_{index}/{part}" for part in parts)
    return names


def quantised(weight: NDArray[np.float32]) -> bytes:
    """Return Q8_0: for each 32 weights of a row a scale in float16 and 32 signed bytes."""
    import numpy as np

    blocks = weight.reshape(-1, BLOCK)
    scale = (np.abs(blocks).max(axis=1, keepdims=True) / 127).astype(np.float32)
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    made = np.empty(len(blocks), dtype=[("scale", "<f2"), ("weights", "i1", BLOCK)])
    made["scale"], made["weights"] = scale[:, 0], np.rint(blocks * inverse)
    return made.tobytes()


def write_gguf(folder: Path, to: Path, context_length: int, more: Mapping[str, Fact] = MappingProxyType({})) -> None:
    """The model in `folder`, which must be of GLM's layout with tied embeddings, as the embedded one is; with `more`
    facts, which go before ours.
    """
    import numpy as np

    variables = read_variables(folder / "model.bin")
    layer = "decoder/layer_0/self_attention/"
    if not int(variables[f"{layer}rotary_interleave"]) or "decoder/layer_0/ffn/linear_0_noact/weight" not in variables:
        raise SystemExit(f"{folder}: only models of GLM's layout can be written as GGUF here")
    names = tensor_names(len({name.split("/")[1] for name in variables if "/ffn/linear_1/" in name}))
    tensors = {name: np.concatenate([float_weight(variables, part) for part in parts]) for name, parts in names.items()}
    facts = {
        **shape_facts({name: float(value) for name, value in variables.items() if value.ndim == 0}, tensors),
        "chatglm.context_length": context_length,
        "chatglm.attention.layer_norm_rms_epsilon": json.loads((folder / "config.json").read_text())[
            "layer_norm_epsilon"
        ],
        **vocabulary_facts(json.loads((folder / "tokenizer.json").read_text()), len(tensors["token_embd.weight"])),
        **more,
    }
    with to.open("wb") as stream:
        stream.write(MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(facts)))
        for name, fact in facts.items():
            stream.write(_text(name) + _fact(fact))
        bodies, at = [], 0
        for name, tensor in tensors.items():
            kind, body = (Q8_0, quantised(tensor)) if tensor.ndim > 1 else (F32, tensor.tobytes())
            stream.write(_text(name) + struct.pack(f"<I{tensor.ndim}Q", tensor.ndim, *reversed(tensor.shape)))
            stream.write(struct.pack("<IQ", kind, at))
            bodies.append(body + bytes(-len(body) % ALIGNMENT))
            at += len(bodies[-1])
        stream.write(bytes(-stream.tell() % ALIGNMENT))
        stream.writelines(bodies)


def shape_facts(scalars: Mapping[str, float], tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, Fact]:
    attention = "decoder/layer_0/self_attention/"
    head = int(scalars[f"{attention}head_dim"])
    return {
        "general.architecture": "chatglm",
        "general.alignment": ALIGNMENT,
        "general.quantization_version": 2,
        "chatglm.block_count": sum(name.endswith("ffn_down.weight") for name in tensors),
        "chatglm.embedding_length": tensors["token_embd.weight"].shape[1],
        "chatglm.feed_forward_length": tensors["blk.0.ffn_down.weight"].shape[1],
        "chatglm.attention.head_count": int(scalars["decoder/num_heads"]),
        "chatglm.attention.head_count_kv": int(scalars[f"{attention}num_heads_kv"]),
        "chatglm.attention.key_length": head,
        "chatglm.attention.value_length": head,
        "chatglm.rope.dimension_count": int(scalars[f"{attention}rotary_dim"]),
        "chatglm.rope.freq_base": float(scalars[f"{attention}rotary_base"]),
    }


def vocabulary_facts(tokenizer: Mapping[str, object], size: int) -> dict[str, Fact]:
    """Byte-level BPE as in tokenizer.json; ids that it does not have get a name of their own. Prompts go as ids."""
    model, added = tokenizer["model"], tokenizer["added_tokens"]
    assert isinstance(model, dict)
    assert isinstance(added, list)
    controls = {token["id"]: token["content"] for token in added}
    known = {number: text for text, number in model["vocab"].items()} | controls
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": [known.get(number, f"<unused {number}>") for number in range(size)],
        "tokenizer.ggml.token_type": [
            CONTROL if number in controls or number not in known else NORMAL for number in range(size)
        ],
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.eos_token_id": next(number for number, text in controls.items() if text == "<|endoftext|>"),
    }


def _fact(value: Fact) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _text(value)
    if isinstance(value, float):
        return struct.pack("<If", FLOAT32, value)
    if isinstance(value, int):
        return struct.pack("<II", UINT32, value)
    texts = [_text(each) if isinstance(each, str) else struct.pack("<i", each) for each in value]
    return struct.pack("<IIQ", ARRAY, STRING if isinstance(value[0], str) else INT32, len(value)) + b"".join(texts)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw
