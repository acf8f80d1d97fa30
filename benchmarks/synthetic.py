"""Checkpoints to measure: one of any size with random weights, and the embedded model in the format of GLM-4."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from engine.convert.model_bin import float_weight, read_variables
from engine.model.catalog import EMBEDDED_FOLDER

if TYPE_CHECKING:
    from torch import Tensor

HEAD_WIDTH = 128
VOCABULARY = 32_256
LAYERS_A_SHARD = 4
CONTEXT_TOKENS = 16_384


def publish_random(folder: Path | str, layers: int, width: int, inner: int) -> int:
    """Write config.json, safetensors shards in bfloat16 and a tokenizer. Return the number of parameters."""
    import torch
    from safetensors.torch import save_file

    folder = Path(folder)
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    shards: dict[str, str] = {}
    count = 0

    def random(*shape: int) -> Tensor:
        return (torch.randn(*shape, generator=generator) * 0.02).bfloat16()

    def save(tensors: dict[str, Tensor]) -> None:
        nonlocal count
        name = f"model-{len(set(shards.values())) + 1:05d}.safetensors"
        save_file(tensors, folder / name, {"format": "pt"})
        shards.update(dict.fromkeys(tensors, name))
        count += sum(tensor.numel() for tensor in tensors.values())

    def layer(index: int) -> dict[str, Tensor]:
        at = f"model.layers.{index}."
        made = {f"{at}self_attn.{x}_proj.weight": random(width, width) for x in "qkvo"}
        made |= {f"{at}mlp.{x}_proj.weight": random(inner, width) for x in ("gate", "up")}
        made[f"{at}mlp.down_proj.weight"] = random(width, inner)
        return made | {f"{at}{x}_layernorm.weight": 1 + random(width) for x in ("input", "post_attention")}

    ends = {f"{name}.weight": random(VOCABULARY, width) for name in ("model.embed_tokens", "lm_head")}
    save(ends | {"model.norm.weight": 1 + random(width)})
    for first in range(0, layers, LAYERS_A_SHARD):
        several = [layer(index) for index in range(first, min(layers, first + LAYERS_A_SHARD))]
        save({name: tensor for each in several for name, tensor in each.items()})
    index = {"metadata": {}, "weight_map": shards}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    config = {
        "model_type": "llama",
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": width // HEAD_WIDTH,
        "num_key_value_heads": width // HEAD_WIDTH,
        "vocab_size": VOCABULARY,
        "rms_norm_eps": 1e-5,
        "rope_theta": 1e6,
        "max_position_embeddings": CONTEXT_TOKENS,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(config))
    shutil.copy(EMBEDDED_FOLDER / "tokenizer.json", folder)
    return count


def publish_embedded(folder: Path) -> int:
    """Write the embedded model's weights in float32, as its int8 represents them. Return the number of parameters."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    variables = read_variables(EMBEDDED_FOLDER / "model.bin")

    def weight(*names: str) -> Tensor:
        return torch.cat([torch.from_numpy(float_weight(variables, f"decoder/{name}").copy()) for name in names])

    tensors = {
        "transformer.embedding.word_embeddings.weight": weight("embeddings/weight"),
        "transformer.encoder.final_layernorm.weight": weight("layer_norm/gamma"),
    }
    layers = len({name.split("/")[1] for name in variables if name.startswith("decoder/layer_") and "/ffn/" in name})
    for index in range(layers):
        at, of = f"transformer.encoder.layers.{index}.", f"layer_{index}"
        attention, mlp = f"{of}/self_attention", f"{of}/ffn"
        tensors |= {
            at + "input_layernorm.weight": weight(f"{attention}/layer_norm/gamma"),
            at + "self_attention.query_key_value.weight": weight(f"{attention}/linear_0/weight"),
            at + "self_attention.query_key_value.bias": weight(f"{attention}/linear_0/bias"),
            at + "self_attention.dense.weight": weight(f"{attention}/linear_1/weight"),
            at + "post_attention_layernorm.weight": weight(f"{mlp}/layer_norm/gamma"),
            at + "mlp.dense_h_to_4h.weight": weight(f"{mlp}/linear_0/weight", f"{mlp}/linear_0_noact/weight"),
            at + "mlp.dense_4h_to_h.weight": weight(f"{mlp}/linear_1/weight"),
        }
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    heads, groups, head = (
        int(variables[f"decoder/{name}"])
        for name in ("num_heads", "layer_0/self_attention/num_heads_kv", "layer_0/self_attention/head_dim")
    )
    base = float(variables["decoder/layer_0/self_attention/rotary_base"])
    vocabulary, width = tensors["transformer.embedding.word_embeddings.weight"].shape
    config = {
        "model_type": "chatglm",
        "num_layers": layers,
        "hidden_size": width,
        "num_attention_heads": heads,
        "multi_query_group_num": groups,
        "kv_channels": head,
        "ffn_hidden_size": tensors["transformer.encoder.layers.0.mlp.dense_4h_to_h.weight"].shape[1],
        "padded_vocab_size": vocabulary,
        "layernorm_epsilon": json.loads((EMBEDDED_FOLDER / "config.json").read_text())["layer_norm_epsilon"],
        "rope_ratio": base / 10_000,
        "seq_length": 1024,
        "tie_word_embeddings": True,
    }
    (folder / "config.json").write_text(json.dumps(config))
    shutil.copy(EMBEDDED_FOLDER / "tokenizer.json", folder)
    return sum(tensor.numel() for tensor in tensors.values())
