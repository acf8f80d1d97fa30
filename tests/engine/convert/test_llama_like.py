"""Llama, its relatives and Phi: transformers, our reference and CTranslate2 say the same of a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.families import recognise
from engine.convert.parity import TOLERANCE
from engine.convert.tensors import Weights
from engine.types import ModelError
from tests.engine.convert.checkpoints import (
    VOCABULARY,
    compared,
    publish,
    reference_logits,
    their_logits,
    tokens,
)

SIZES = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 4096,
    "vocab_size": VOCABULARY,
    "torch_dtype": "bfloat16",
}
# As the authors' config.json has them, but for the sizes.
LLAMA_1 = {"model_type": "llama", **SIZES, "hidden_act": "silu", "rms_norm_eps": 1e-6, "pad_token_id": 0}
CODE_LLAMA = {
    **LLAMA_1,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "num_key_value_heads": 4,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-5,
    "rope_scaling": None,
    "rope_theta": 1_000_000,
    "tie_word_embeddings": False,
}
DEEPSEEK_CODER = {**CODE_LLAMA, "rope_scaling": {"type": "linear", "factor": 4.0}, "rope_theta": 100_000}
LLAMA_3_1 = {
    **CODE_LLAMA,
    "attention_bias": False,
    "eos_token_id": [1, 8],
    "mlp_bias": False,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "rope_scaling": {
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 256,
        "rope_type": "llama3",
    },
    "rope_theta": 500_000.0,
}
CODESTRAL = {**CODE_LLAMA, "model_type": "mistral", "num_key_value_heads": 2, "sliding_window": None}
MISTRAL_7B = {**CODESTRAL, "rope_theta": 10_000.0, "sliding_window": 64}
QWEN_2_5_CODER = {
    **CODE_LLAMA,
    "model_type": "qwen2",
    "max_window_layers": 2,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1_000_000.0,
    "sliding_window": 64,
    "tie_word_embeddings": True,
    "use_sliding_window": False,
}
QWEN_3 = {**QWEN_2_5_CODER, "model_type": "qwen3", "attention_bias": False, "head_dim": 32, "sliding_window": None}
GEMMA = {
    **SIZES,
    "model_type": "gemma",
    "attention_bias": False,
    "bos_token_id": 2,
    "eos_token_id": 1,
    "head_dim": 32,
    "hidden_act": "gelu",
    "hidden_activation": None,
    "num_key_value_heads": 4,
    "rms_norm_eps": 1e-6,
    "rope_scaling": None,
    "rope_theta": 10_000.0,
}
ONE_KV_HEAD = {**GEMMA, "hidden_activation": "gelu_pytorch_tanh", "num_key_value_heads": 1}
CODEGEMMA_2B = {**ONE_KV_HEAD, "head_dim": 16}  # all heads are as wide as the layer, which CTranslate2 asks for
PHI_2 = {
    **SIZES,
    "model_type": "phi",
    "hidden_act": "gelu_new",
    "layer_norm_eps": 1e-5,
    "num_key_value_heads": None,
    "partial_rotary_factor": 0.4,
    "qk_layernorm": False,
    "rope_scaling": None,
    "rope_theta": 10_000.0,
    "tie_word_embeddings": False,
    "bos_token_id": None,
    "eos_token_id": None,
}
EXACT_FOR_ANY_LENGTH = {
    "llama-1": LLAMA_1,
    "code-llama": CODE_LLAMA,
    "deepseek-coder": DEEPSEEK_CODER,
    "llama-3.1": LLAMA_3_1,
    "llama-biased": {**CODE_LLAMA, "attention_bias": True, "mlp_bias": True},
    "llama-dynamic": {**CODE_LLAMA, "rope_scaling": {"type": "dynamic", "factor": 2.0}},
    "codestral": CODESTRAL,
    "mistral-wide-heads": {**CODESTRAL, "head_dim": 32},
    "qwen-2.5-coder": QWEN_2_5_CODER,
    "qwen-2.5-coder-untied": {**QWEN_2_5_CODER, "tie_word_embeddings": False},
    "qwen-3": QWEN_3,
    "qwen-3-biased": {**QWEN_3, "attention_bias": True, "tie_word_embeddings": False},
    "gemma": GEMMA,
    "codegemma-2b": CODEGEMMA_2B,
    "gemma-one-wide-kv-head": ONE_KV_HEAD,
    "phi-1.5": {**PHI_2, "partial_rotary_factor": 0.5},
    "phi-2": PHI_2,
    "phi-grouped-tied": {**PHI_2, "num_key_value_heads": 2, "tie_word_embeddings": True},
}
WINDOWED = {
    "mistral": MISTRAL_7B,
    "qwen-all-layers": {**QWEN_2_5_CODER, "use_sliding_window": True, "max_window_layers": 0},
    "qwen-upper-layers": {**QWEN_2_5_CODER, "use_sliding_window": True, "max_window_layers": 1},
    "qwen-3-by-layer-types": {
        **QWEN_3,
        "use_sliding_window": True,
        "sliding_window": 64,
        "layer_types": ["sliding_attention", "full_attention"],
    },
}
LAYOUTS = {"llama-1": "bin", "llama-biased": "bin", "phi-2": "whole"}
TIGHT = 4e-5


def each(configs: dict[str, dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", configs)


def difference(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


@each(EXACT_FOR_ANY_LENGTH | WINDOWED)
def test_the_reference_computes_what_transformers_computes(tmp_path: Path, name: str) -> None:
    model = publish(tmp_path, (EXACT_FOR_ANY_LENGTH | WINDOWED)[name], LAYOUTS.get(name, "shards"))
    prompt = tokens(300)
    assert difference(reference_logits(tmp_path, prompt), their_logits(model, prompt)) < TIGHT


@each(EXACT_FOR_ANY_LENGTH)
def test_the_conversion_computes_what_the_reference_computes(tmp_path: Path, name: str) -> None:
    publish(tmp_path, EXACT_FOR_ANY_LENGTH[name], LAYOUTS.get(name, "shards"))
    parity = compared(tmp_path)
    assert parity.difference < TOLERANCE
    assert parity.longest_prompt == 2048


@each(WINDOWED)
def test_a_windowed_model_is_exact_within_its_window_which_is_its_context(tmp_path: Path, name: str) -> None:
    publish(tmp_path, WINDOWED[name])
    assert recognise(WINDOWED[name]).context_length(Config(tmp_path, WINDOWED[name])) == 64
    assert compared(tmp_path).difference < TIGHT
    assert not compared(tmp_path, length=66).holds


@pytest.mark.parametrize("config", [CODE_LLAMA, CODEGEMMA_2B, PHI_2], ids=["llama", "gemma", "phi"])
def test_a_model_larger_than_memory_is_compared_in_windows(tmp_path: Path, config: dict[str, Any]) -> None:
    publish(tmp_path, config)
    parity = compared(tmp_path, memory_bytes=1)
    assert parity.windows == 3
    assert parity.difference < TOLERANCE


@pytest.mark.parametrize("config", [LLAMA_3_1, QWEN_3, PHI_2], ids=["llama-3.1", "qwen-3", "phi-2"])
def test_what_transformers_saves_is_read_as_what_authors_publish(tmp_path: Path, config: dict[str, Any]) -> None:
    publish(tmp_path / "published", config).save_pretrained(tmp_path / "saved")
    assert "rope_parameters" in json.loads((tmp_path / "saved" / "config.json").read_text())
    saved, published = (reference_logits(tmp_path / each, tokens(300)) for each in ("saved", "published"))
    assert difference(saved, published) == 0
    assert compared(tmp_path / "saved", length=100).holds


def test_buffers_of_old_checkpoints_are_no_weights(tmp_path: Path) -> None:
    publish(tmp_path, LLAMA_1, "bin")
    path = tmp_path / "pytorch_model.bin"
    buffer = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(8)}
    torch.save(torch.load(path, weights_only=True) | buffer, path)
    assert compared(tmp_path, length=100).holds


@pytest.mark.parametrize(
    ("config", "length"),
    [
        (CODE_LLAMA, 4096),
        (CODESTRAL, 4096),
        (QWEN_2_5_CODER, 4096),
        ({**QWEN_2_5_CODER, "use_sliding_window": True}, 4096),
        ({**QWEN_3, "use_sliding_window": True}, 4096),
        (PHI_2, 4096),
    ],
    ids=["llama", "mistral", "qwen", "qwen windows above the last layer", "qwen without a width", "phi"],
)
def test_the_context_is_all_that_was_published(config: dict[str, Any], length: int) -> None:
    assert recognise(config).context_length(Config(Path(), config)) == length


@pytest.mark.parametrize(
    "changes", [{"layer_types": "sliding_attention"}, {"layer_types": []}, {"max_window_layers": "2"}]
)
def test_kinds_of_layers_that_are_none(changes: dict[str, Any]) -> None:
    config = Config(Path(), {**QWEN_2_5_CODER, **changes})
    with pytest.raises(ModelError, match="layer_types or max_window_layers is not a list of 2 kinds, or not a number"):
        recognise(config.table).context_length(config)


def scaled(**scaling: object) -> dict[str, Any]:
    return {**CODE_LLAMA, "rope_scaling": scaling}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (scaled(type="yarn", factor=4.0), "rope_scaling is 'yarn'"),
        (scaled(rope_type="longrope", factor=4.0), "rope_scaling is 'longrope'"),
        (scaled(rope_type="llama3", factor=8.0), "low_freq_factor is missing"),
        ({**PHI_2, "rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling is 'linear'"),
        ({**CODE_LLAMA, "partial_rotary_factor": 0.5}, "partial_rotary_factor is 0.5"),
        ({**CODE_LLAMA, "hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({**GEMMA, "hidden_activation": "gelu"}, "hidden_activation is 'gelu'"),
        ({**GEMMA, "use_bidirectional_attention": True}, "use_bidirectional_attention is True"),
        ({**PHI_2, "qk_layernorm": True}, "qk_layernorm is True"),
        ({**GEMMA, "model_type": "gemma2"}, "it caps attention scores"),
        ({**QWEN_3, "model_type": "qwen3_moe"}, "CTranslate2 has no mixture of experts"),
        ({**PHI_2, "model_type": "phi-msft"}, "download it again"),
        ({**CODE_LLAMA, "quantization_config": {"quant_method": "gptq", "bits": 4}}, r"already quantised \(gptq\)"),
        ({**QWEN_2_5_CODER, "quantization_config": {"quant_method": "awq"}}, r"already quantised \(awq\)"),
    ],
)
def test_what_would_come_out_wrong_is_refused_with_the_reason(config: dict[str, Any], message: str) -> None:
    nothing = Checkpoint(Path("checkpoint"), config, (), {})
    with pytest.raises(ModelError, match=message):
        recognise(config).build(Config(nothing.folder, config), Weights(nothing))


def test_a_bias_that_config_json_promises_must_be_there(tmp_path: Path) -> None:
    publish(tmp_path, CODE_LLAMA)
    (tmp_path / "config.json").write_text(json.dumps({**CODE_LLAMA, "attention_bias": True}))
    with pytest.raises(ModelError, match=r"lacks the tensor model.layers.0.self_attn.q_proj.bias"):
        compared(tmp_path)


def test_a_head_of_its_own_must_be_there(tmp_path: Path) -> None:
    publish(tmp_path, {**CODE_LLAMA, "tie_word_embeddings": True})
    (tmp_path / "config.json").write_text(json.dumps(CODE_LLAMA))
    with pytest.raises(ModelError, match=r"lacks the tensor lm_head.weight"):
        compared(tmp_path)
