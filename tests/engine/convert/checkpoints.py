"""Tiny checkpoints with random weights, laid out as authors publish them, and what is compared with them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from engine.convert.config import Config
from engine.convert.families import recognise
from engine.convert.parity import Parity, compare, sample_prompts
from engine.convert.published import open_checkpoint
from engine.convert.reference.blocks import Reference, run
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from transformers import PreTrainedModel

VOCABULARY = 96
PLENTY_BYTES = 2**30

# The machine has few cores and tests run side by side: small matrices gain nothing from threads.
torch.set_num_threads(1)


def tokens(count: int, seed: int = 0) -> list[int]:
    drawn = random.Random(seed)
    return [drawn.randrange(VOCABULARY) for _ in range(count)]


def publish(folder: Path, config: Mapping[str, Any], layout: str = "shards") -> PreTrainedModel:
    """Writes config.json and random weights in bfloat16, and gives transformers' own model with the same weights.

    `layout`: "shards" (safetensors with an index), "whole" (one safetensors file) or "bin" (one pickle).
    """
    from transformers import AutoConfig, AutoModelForCausalLM

    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=torch.float32)
    generator = torch.Generator().manual_seed(0)
    for name, weight in model.named_parameters():
        vector = weight.dim() == 1
        drawn = torch.randn(weight.shape, generator=generator) * (0.3 if vector else weight.shape[1] ** -0.5)
        if vector and name.endswith("weight") and config["model_type"] != "gemma":  # whose norms are stored less one
            drawn += 1
        weight.data = drawn.bfloat16().float()
    save(folder, _published(model), layout)
    return model.eval()


def _published(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Without what is tied to another tensor, under the names of the time."""
    tied = {name for name, _ in model.named_parameters(remove_duplicate=False)} - dict(model.named_parameters()).keys()
    weights = {name: tensor.bfloat16() for name, tensor in model.state_dict().items() if name not in tied}
    if model.config.model_type == "gpt_neox":
        weights["embed_out.weight"] = weights.pop("lm_head.weight")
    return weights


def save(folder: Path, weights: Mapping[str, torch.Tensor], layout: str) -> None:
    from safetensors.torch import save_file

    if layout == "bin":
        torch.save(dict(weights), folder / "pytorch_model.bin")
    elif layout == "whole":
        save_file(dict(weights), folder / "model.safetensors", {"format": "pt"})
    else:
        files = {name: f"model-0000{1 + i % 2}-of-00002.safetensors" for i, name in enumerate(weights)}
        for file in set(files.values()):
            save_file({name: weights[name] for name in weights if files[name] == file}, folder / file, {"format": "pt"})
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files}))


def reference(folder: Path) -> Reference:
    checkpoint = open_checkpoint(folder)
    return recognise(checkpoint.config).reference(Config(folder, checkpoint.config), checkpoint)


def reference_logits(folder: Path, ids: list[int]) -> torch.Tensor:
    """Ours, of every token."""
    return run(reference(folder), [ids], last=len(ids))[0]


def their_logits(model: PreTrainedModel, ids: list[int]) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = model(torch.tensor([ids]), use_cache=False).logits[0]
    return logits


def compared(folder: Path, memory_bytes: int = PLENTY_BYTES, length: int | None = None) -> Parity:
    """CTranslate2 against our reference, on prompts up to `length` tokens, or as long as a conversion compares."""
    checkpoint = open_checkpoint(folder)
    config = Config(folder, checkpoint.config)
    family = recognise(checkpoint.config)
    weights = Weights(checkpoint)
    spec = family.build(config, weights)
    assert weights.leftovers() == []
    prompts = sample_prompts(tokens(200), length or family.context_length(config))
    return compare(spec, family.reference(config, checkpoint), prompts, memory_bytes, folder)
