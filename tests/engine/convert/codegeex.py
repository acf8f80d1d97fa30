"""Tiny CodeGeeX checkpoints with random weights, in the very files their authors publish."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

GLM4 = {
    "model_type": "chatglm",
    "num_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "multi_query_group_num": 2,
    "kv_channels": 16,
    "ffn_hidden_size": 96,
    "padded_vocab_size": 256,
    "layernorm_epsilon": 1.5625e-07,
    "rope_ratio": 500,
    "seq_length": 131072,
    "add_qkv_bias": True,
    "add_bias_linear": False,
    "rmsnorm": True,
    "post_layer_norm": True,
    "multi_query_attention": True,
    "apply_residual_connection_post_layernorm": False,
    "original_rope": True,
    "eos_token_id": [3, 4],
    "torch_dtype": "bfloat16",
}
# ChatGLM2's config.json says nothing of rope_ratio.
CHATGLM2 = {key: value for key, value in GLM4.items() if key != "rope_ratio"} | {
    "layernorm_epsilon": 1e-05,
    "seq_length": 8192,
    "quantization_bit": 0,
    "pre_seq_len": None,
    "eos_token_id": 2,
}

Tensors = dict[str, torch.Tensor]


def _random(generator: torch.Generator, *shape: int, scale: float = 0.2) -> torch.Tensor:
    return torch.randn(*shape, generator=generator) * scale


def chatglm_weights(config: dict[str, Any]) -> Tensors:
    generator = torch.Generator().manual_seed(0)
    width, inner, vocabulary = config["hidden_size"], config["ffn_hidden_size"], config["padded_vocab_size"]
    queries = config["num_attention_heads"] * config["kv_channels"]
    qkv = queries + 2 * config["multi_query_group_num"] * config["kv_channels"]
    shapes: dict[str, tuple[int, ...]] = {
        "transformer.embedding.word_embeddings.weight": (vocabulary, width),
        "transformer.encoder.final_layernorm.weight": (width,),
        "transformer.output_layer.weight": (vocabulary, width),
    }
    for index in range(config["num_layers"]):
        at = f"transformer.encoder.layers.{index}."
        shapes |= {
            at + "input_layernorm.weight": (width,),
            at + "self_attention.query_key_value.weight": (qkv, width),
            at + "self_attention.query_key_value.bias": (qkv,),
            at + "self_attention.dense.weight": (width, queries),
            at + "post_attention_layernorm.weight": (width,),
            at + "mlp.dense_h_to_4h.weight": (2 * inner, width),
            at + "mlp.dense_4h_to_h.weight": (width, inner),
        }
    return {name: _random(generator, *shape) + ("norm" in name) for name, shape in shapes.items()}


def publish_chatglm(folder: Path, config: dict[str, Any]) -> Tensors:
    """Shards with their index, as CodeGeeX4 comes; the weights, in float32."""
    folder.mkdir(exist_ok=True)
    weights = {name: tensor.bfloat16() for name, tensor in chatglm_weights(config).items()}
    # A buffer that published checkpoints carry.
    weights["transformer.rotary_pos_emb.inv_freq"] = torch.ones(4)
    names = sorted(weights)
    shards = {
        "model-00001-of-00002.safetensors": names[: len(names) // 2],
        "model-00002-of-00002.safetensors": names[len(names) // 2 :],
    }
    for shard, held in shards.items():
        save_file({name: weights[name].contiguous() for name in held}, folder / shard, {"format": "pt"})
    index = {name: shard for shard, held in shards.items() for name in held}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    (folder / "config.json").write_text(json.dumps(config))
    return {name: tensor.float() for name, tensor in weights.items()}


def codegeex13b_state(layers: int, width: int, vocabulary: int, positions: int, scale: float) -> dict[str, Any]:
    """The nested dictionaries of codegeex_13b.pt."""
    generator = torch.Generator().manual_seed(0)

    def layer() -> Tensors:
        made = {}
        for name in ("input_layernorm", "post_attention_layernorm"):
            made |= {f"{name}.weight": 1 + _random(generator, width), f"{name}.bias": _random(generator, width)}
        for name in ("query", "key", "value", "dense"):
            made[f"attention.{name}.weight"] = _random(generator, width, width, scale=scale)
            made[f"attention.{name}.bias"] = _random(generator, width)
        made["mlp.dense_h_to_4h.weight"] = _random(generator, 4 * width, width, scale=scale)
        made["mlp.dense_h_to_4h.bias"] = _random(generator, 4 * width)
        made["mlp.dense_4h_to_h.weight"] = _random(generator, width, 4 * width, scale=scale)
        made["mlp.dense_4h_to_h.bias"] = _random(generator, width)
        return made

    transformer = {f"layers.{i}.{name}": tensor for i in range(layers) for name, tensor in layer().items()}
    transformer |= {f"topQueryLayer.{name}": tensor for name, tensor in layer().items()}
    transformer["final_layernorm.weight"] = 1 + _random(generator, width)
    transformer["final_layernorm.bias"] = _random(generator, width)
    words, places, queries = (
        _random(generator, rows, width, scale=scale) for rows in (vocabulary, positions, positions)
    )
    return {
        "module": {
            "language_model": {
                "embedding": {"word_embeddings": {"weight": words}, "position_embeddings": {"weight": places}},
                "topQueryEmbedding": {"top_query_embeddings": {"weight": queries}},
                "transformer": transformer,
            }
        }
    }


def split_in_parts(state: dict[str, Any], parts: int) -> list[dict[str, Any]]:
    """What the published convert_ckpt_parallel.py makes of codegeex_13b.pt."""
    model = state["module"]["language_model"]
    cut: list[dict[str, Any]] = []
    for part in range(parts):
        transformer = {}
        for name, tensor in model["transformer"].items():
            if name.endswith(("attention.dense.weight", "mlp.dense_4h_to_h.weight")):
                transformer[name] = tensor.chunk(parts, 1)[part].clone()
            elif "layernorm" in name or name.endswith(("attention.dense.bias", "mlp.dense_4h_to_h.bias")):
                transformer[name] = tensor
            else:
                transformer[name] = tensor.chunk(parts, 0)[part].clone()
        words = model["embedding"]["word_embeddings"]["weight"].chunk(parts, 0)[part].clone()
        queries = model["topQueryEmbedding"]["top_query_embeddings"]["weight"].chunk(parts, 0)[part].clone()
        embedding = {
            "word_embeddings": {"weight": words},
            "position_embeddings": model["embedding"]["position_embeddings"],
        }
        top = {"top_query_embeddings": {"weight": queries}}
        language = {"embedding": embedding, "topQueryEmbedding": top, "transformer": transformer}
        cut.append({"module": {"language_model": language}})
    return cut
