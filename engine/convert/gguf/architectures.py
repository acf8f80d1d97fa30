"""How each architecture of a GGUF file is published otherwise: its config.json, and the names and order of its tensors.

llama.cpp renames all tensors, and stores some in another order: it rotates adjacent pairs of a head in the
architectures of Llama's kind, so the rows of Q and K lie in that order there; GPT-NeoX's Q, K and V are stored one
after the other instead of head by head; Gemma's norms are stored with the 1 that is added to them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.convert.gguf.files import GgufModel, GgufTensors, Renamed, StoredTensor
from engine.convert.gguf.rotary import ROPE_FACTORS, rope_scaling
from engine.types import ModelError

if TYPE_CHECKING:
    import numpy as np

STARCODER2_WINDOW = 4096  # of every StarCoder2; not among a file's values

_LLAMA_LAYER = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_LLAMA_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


@dataclass(frozen=True)
class Architecture:
    """`names` and `layer` are of tensors without ".weight" and ".bias"; those of a layer lack its number, too."""

    config: Callable[[GgufModel], dict[str, Any]]
    names: Mapping[str, str]
    layer: Mapping[str, str]
    at: str = "model.layers.{}."
    rotates_pairs: bool = False
    grouped_qkv: str = ""  # the tensor whose Q, K and V are published head by head
    norm_offset: float = 0.0


def _sizes(model: GgufModel) -> dict[str, Any]:
    """Return the keys that most configurations share. What is missing or of another type is found when it is read."""
    heads, width = model.get("attention.head_count"), model.get("embedding_length")
    head = model.get("attention.key_length")
    if head is None and isinstance(heads, int) and isinstance(width, int) and heads > 0:
        head = width // heads
    return {
        "hidden_size": width,
        "intermediate_size": model.get("feed_forward_length"),
        "num_hidden_layers": model.get("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": model.get("attention.head_count_kv", heads),
        "head_dim": head,
        "max_position_embeddings": model.get("context_length"),
        "vocab_size": _rows(model, "token_embd.weight"),
        "rope_theta": _rounded(model.get("rope.freq_base", 10_000.0)),
        "rope_scaling": rope_scaling(model),
    }


def _rms(model: GgufModel) -> dict[str, Any]:
    return {
        **_sizes(model),
        "rms_norm_eps": _rounded(model.get("attention.layer_norm_rms_epsilon")),
        "tie_word_embeddings": "output.weight" not in model.tensors,
    }


def _llama(model: GgufModel) -> dict[str, Any]:
    rotated, head = model.get("rope.dimension_count"), _sizes(model)["head_dim"]
    share = rotated / head if isinstance(rotated, int) and isinstance(head, int) and head else 1.0
    return {
        "model_type": "llama",
        **_rms(model),
        "partial_rotary_factor": share,
        "attention_bias": "blk.0.attn_q.bias" in model.tensors,
        "mlp_bias": "blk.0.ffn_up.bias" in model.tensors,
    }


def _qwen2(model: GgufModel) -> dict[str, Any]:
    return {"model_type": "qwen2", **_rms(model)}


def _qwen3(model: GgufModel) -> dict[str, Any]:
    return {"model_type": "qwen3", **_rms(model), "attention_bias": "blk.0.attn_q.bias" in model.tensors}


def _gemma(model: GgufModel) -> dict[str, Any]:
    return {"model_type": "gemma", **_rms(model), "hidden_activation": "gelu_pytorch_tanh"}


def _starcoder2(model: GgufModel) -> dict[str, Any]:
    return {
        "model_type": "starcoder2",
        **_sizes(model),
        "norm_epsilon": _rounded(model.get("attention.layer_norm_epsilon")),
        "use_bias": "blk.0.attn_q.bias" in model.tensors,
        "sliding_window": STARCODER2_WINDOW,
        "tie_word_embeddings": "output.weight" not in model.tensors,
    }


def _phi(model: GgufModel) -> dict[str, Any]:
    return {"model_type": "phi", **_sizes(model), **_partly_rotated(model)}


def _gpt_neox(model: GgufModel) -> dict[str, Any]:
    return {
        "model_type": "gpt_neox",
        **_sizes(model),
        **_partly_rotated(model),
        "use_parallel_residual": model.get("use_parallel_residual", True),
        "tie_word_embeddings": False,
    }


def _partly_rotated(model: GgufModel) -> dict[str, Any]:
    rotated, head = model.get("rope.dimension_count"), _sizes(model)["head_dim"]
    share = rotated / head if isinstance(rotated, int) and isinstance(head, int) and head else None
    return {
        "layer_norm_eps": _rounded(model.get("attention.layer_norm_epsilon")),
        "partial_rotary_factor": share,
    }


def _chatglm(model: GgufModel) -> dict[str, Any]:
    sizes = _sizes(model)
    return {
        "model_type": "chatglm",
        "num_layers": sizes["num_hidden_layers"],
        "hidden_size": sizes["hidden_size"],
        "num_attention_heads": sizes["num_attention_heads"],
        "multi_query_group_num": sizes["num_key_value_heads"],
        "kv_channels": sizes["head_dim"],
        "ffn_hidden_size": sizes["intermediate_size"],
        "padded_vocab_size": sizes["vocab_size"],
        "layernorm_epsilon": _rounded(model.get("attention.layer_norm_rms_epsilon")),
        "rope_ratio": model.get("rope.freq_base", 10_000.0) / 10_000.0,
        "seq_length": sizes["max_position_embeddings"],
        "tie_word_embeddings": "output.weight" not in model.tensors,
    }


_GPT_LAYER = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
}
ARCHITECTURES = {
    "llama": Architecture(_llama, _LLAMA_NAMES, _LLAMA_LAYER, rotates_pairs=True),
    "qwen2": Architecture(_qwen2, _LLAMA_NAMES, _LLAMA_LAYER),
    "qwen3": Architecture(
        _qwen3,
        _LLAMA_NAMES,
        {**_LLAMA_LAYER, "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"},
    ),
    "gemma": Architecture(_gemma, _LLAMA_NAMES, _LLAMA_LAYER, norm_offset=1.0),
    "starcoder2": Architecture(
        _starcoder2,
        _LLAMA_NAMES,
        {**_GPT_LAYER, "attn_output": "self_attn.o_proj", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"},
    ),
    "phi2": Architecture(
        _phi,
        {**_LLAMA_NAMES, "output_norm": "model.final_layernorm"},
        {**_GPT_LAYER, "attn_output": "self_attn.dense", "ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2"},
    ),
    "gptneox": Architecture(
        _gpt_neox,
        {"token_embd": "gpt_neox.embed_in", "output_norm": "gpt_neox.final_layer_norm", "output": "embed_out"},
        {
            "attn_norm": "input_layernorm",
            "ffn_norm": "post_attention_layernorm",
            "attn_qkv": "attention.query_key_value",
            "attn_output": "attention.dense",
            "ffn_up": "mlp.dense_h_to_4h",
            "ffn_down": "mlp.dense_4h_to_h",
        },
        at="gpt_neox.layers.{}.",
        grouped_qkv="attn_qkv",
    ),
    "chatglm": Architecture(
        _chatglm,
        {
            "token_embd": "transformer.embedding.word_embeddings",
            "output_norm": "transformer.encoder.final_layernorm",
            "output": "transformer.output_layer",
        },
        {
            "attn_norm": "input_layernorm",
            "ffn_norm": "post_attention_layernorm",
            "attn_qkv": "self_attention.query_key_value",
            "attn_output": "self_attention.dense",
            "ffn_up": "mlp.dense_h_to_4h",
            "ffn_down": "mlp.dense_4h_to_h",
        },
        at="transformer.encoder.layers.{}.",
    ),
}
REFUSED = {
    "clip": "it only sees pictures, for another model",
    "gemma2": "CTranslate2 cannot cap attention scores",
    "gemma3": "CTranslate2 has no windows of several kinds of layers that are exact",
    "phi3": "its positions are scaled in a way that CTranslate2 computes too coarsely",
    "glm4": "CTranslate2 has no norms after attention and MLP",
}


def refusal(architecture: str) -> str:
    """Return why no model of an architecture can be converted."""
    reason = REFUSED.get(architecture, f"these can be converted: {', '.join(ARCHITECTURES)}")
    return f"models of the architecture {architecture[:60]!r} cannot be converted: {reason}"


def published_form(model: GgufModel) -> tuple[dict[str, Any], GgufTensors]:
    """Return config.json and the tensors as the authors would publish them. Raises `ModelError`."""
    path, name = model.paths[0], model.architecture
    if name not in ARCHITECTURES:
        raise ModelError(f"{path}: {refusal(name)}")
    if model.get("expert_count"):
        raise ModelError(f"{path}: CTranslate2 has no mixture of experts; serve this model with llama.cpp instead")
    architecture = ARCHITECTURES[name]
    try:
        config = architecture.config(model)
    except (TypeError, OverflowError) as fault:  # a number that is none
        raise ModelError(f"{path}: its values are damaged ({fault}); download it again") from fault
    heads, groups = config["num_attention_heads"], config.get("num_key_value_heads")
    tensors: dict[str, Renamed] = {}
    for stored_name, stored in model.tensors.items():
        if stored_name == ROPE_FACTORS:
            continue
        published, part = _published_name(architecture, stored_name)
        rows = None
        if architecture.rotates_pairs and part in {"attn_q", "attn_k"}:
            rows = _unrotated(stored, heads if part == "attn_q" else groups)
        elif part and part == architecture.grouped_qkv:
            rows = _grouped(stored, heads)
        less = architecture.norm_offset if stored_name.endswith("norm.weight") else 0.0
        tensors[published] = Renamed(stored, rows, less)
    return config, GgufTensors(tensors)


def _published_name(architecture: Architecture, name: str) -> tuple[str, str]:
    """Return a tensor's published name, and which part of a layer it is, or ""; an unknown one keeps its name."""
    stem, _, suffix = name.rpartition(".")
    if stem in architecture.names:
        return f"{architecture.names[stem]}.{suffix}", ""
    block, _, rest = name.partition(".")[2].partition(".")
    part = rest.rpartition(".")[0]
    if name.startswith("blk.") and block.isdecimal() and part in architecture.layer:
        return f"{architecture.at.format(int(block))}{architecture.layer[part]}.{suffix}", part
    return name, ""


def _unrotated(stored: StoredTensor, heads: object) -> np.ndarray[Any, Any] | None:
    """Return the stored row for each published one, whose heads are halves and not pairs."""
    import numpy as np

    rows = stored.shape[0]
    if not isinstance(heads, int) or heads < 1 or rows % (2 * heads):
        return None  # config.json does not fit, which its reader says
    return np.arange(rows).reshape(heads, rows // heads // 2, 2).swapaxes(1, 2).reshape(-1)


def _grouped(stored: StoredTensor, heads: object) -> np.ndarray[Any, Any] | None:
    """Return the stored row for each published one: Q, K and V of the first head, then of the second."""
    import numpy as np

    rows = stored.shape[0]
    if not isinstance(heads, int) or heads < 1 or rows % (3 * heads):
        return None
    return np.arange(rows).reshape(3, heads, -1).swapaxes(0, 1).reshape(-1)


def _rows(model: GgufModel, name: str) -> int | None:
    return model.tensors[name].shape[0] if name in model.tensors else None


def _rounded(value: Any) -> Any:
    """Return a number as it was published, most probably: the shortest one with the 32 bits that a file holds."""
    import numpy as np

    return float(str(np.float32(value))) if isinstance(value, float) and math.isfinite(value) else value
