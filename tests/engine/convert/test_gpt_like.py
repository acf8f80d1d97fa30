"""GPT's descendants: our reference says what transformers says, and the conversion says what our reference says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.convert.config import Config
from engine.convert.families import recognise
from engine.convert.families.gpt_like import ACTIVATIONS
from engine.convert.published import open_checkpoint
from engine.convert.tensors import Weights
from engine.types import ModelError
from tests.engine.convert.checkpoints import (
    VOCABULARY,
    compared,
    publish,
    reference_logits,
    save,
    their_logits,
    tokens,
)

# Long enough for the prompt of 2048 tokens that a conversion is compared on.
POSITIONS = 2100
# Published ones are 1e-5, whose absence would not show.
EPSILON = 1e-2
GPT2 = {
    "model_type": "gpt2",
    "activation_function": "gelu_new",
    "layer_norm_epsilon": EPSILON,
    "n_ctx": POSITIONS,
    "n_embd": 32,
    "n_head": 2,
    "n_inner": None,
    "n_layer": 3,
    "n_positions": POSITIONS,
    "vocab_size": VOCABULARY,
}
CODEPARROT = GPT2 | {
    "scale_attn_by_inverse_layer_idx": True,
    "reorder_and_upcast_attn": True,
    "scale_attn_weights": True,
}
BIGCODE = GPT2 | {
    "model_type": "gpt_bigcode",
    "activation_function": "gelu_pytorch_tanh",
    "attention_softmax_in_fp32": True,
    "multi_query": True,
    "n_embd": 32,
    "n_head": 4,
    "n_inner": 80,
    "n_layer": 2,
}
STARCODER2 = {
    "model_type": "starcoder2",
    "hidden_act": "gelu_pytorch_tanh",
    "hidden_size": 32,
    "intermediate_size": 80,
    "max_position_embeddings": 160,
    "mlp_type": "default",
    "norm_epsilon": EPSILON,
    "norm_type": "layer_norm",
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "rope_theta": 999999.4420358813,
    "sliding_window": 80,
    "use_bias": True,
    "vocab_size": VOCABULARY,
}
GPTJ = GPT2 | {
    "model_type": "gptj",
    "n_embd": 64,
    "n_head": 4,
    "n_layer": 2,
    "rotary": True,
    "rotary_dim": 8,
    "scale_attn_weights": True,
    "tie_word_embeddings": False,
}
CODEGEN = GPTJ | {"model_type": "codegen"}
GPT_NEO = {
    "model_type": "gpt_neo",
    "activation_function": "gelu_new",
    "attention_layers": ["global", "local"],
    "attention_types": [[["global", "local"], 1]],
    "hidden_size": 16,
    "intermediate_size": None,
    "layer_norm_epsilon": EPSILON,
    "max_position_embeddings": POSITIONS,
    "num_heads": 2,
    "num_layers": 2,
    "vocab_size": VOCABULARY,
    "window_size": 16,
}
GPT_NEOX = {
    "model_type": "gpt_neox",
    "hidden_act": "gelu",
    "hidden_size": 64,
    "intermediate_size": 80,
    "layer_norm_eps": EPSILON,
    "max_position_embeddings": POSITIONS,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "rotary_emb_base": 5000,
    "rotary_pct": 0.5,
    "tie_word_embeddings": False,
    "use_parallel_residual": True,
    "vocab_size": VOCABULARY,
}
XGLM = {
    "model_type": "xglm",
    "activation_function": "gelu",
    "attention_heads": 4,
    "d_model": 32,
    "ffn_dim": 80,
    "max_position_embeddings": POSITIONS,
    "num_layers": 2,
    "scale_embedding": True,
    "vocab_size": VOCABULARY,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "gpt2": GPT2,
    "gpt2, scores not scaled": GPT2 | {"scale_attn_weights": False},
    "codeparrot": CODEPARROT,
    "gpt_bigcode": BIGCODE,
    "gpt_bigcode, a KV head for each": BIGCODE | {"multi_query": False},
    "starcoder2": STARCODER2,
    "starcoder2, untied": STARCODER2 | {"tie_word_embeddings": False},
    "starcoder2, no biases, no window": STARCODER2
    | {"use_bias": False, "sliding_window": None, "max_position_embeddings": POSITIONS},
    "gptj": GPTJ,
    "codegen": CODEGEN,
    "gpt_neo": GPT_NEO,
    "gpt_neox": GPT_NEOX,
    "gpt_neox, in a row": GPT_NEOX | {"use_parallel_residual": False},
    "gpt_neox, a quarter turned by default": {k: v for k, v in GPT_NEOX.items() if k != "rotary_pct"},
    "gpt_neox, no biases in attention": GPT_NEOX | {"attention_bias": False},
    "xglm": XGLM,
    "xglm, relu, embeddings not scaled": XGLM | {"activation_function": "relu", "scale_embedding": False},
}
EACH = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)


def difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).abs().max())


@EACH
def test_the_reference_computes_what_transformers_computes(config: dict[str, Any], tmp_path: Path) -> None:
    model = publish(tmp_path, config)
    ids = tokens(150)  # beyond every window
    assert difference(reference_logits(tmp_path, ids), their_logits(model, ids)) < 1e-5


@EACH
def test_the_conversion_computes_what_the_reference_computes(config: dict[str, Any], tmp_path: Path) -> None:
    publish(tmp_path, config, "bin")
    parity = compared(tmp_path)
    assert parity.difference < 1e-4
    assert parity.longest_prompt == (72 if config.get("sliding_window") else 2048)


@pytest.mark.parametrize("config", [CODEPARROT, GPT_NEO, CODEGEN, XGLM], ids=lambda config: config["model_type"])
def test_a_model_that_does_not_fit_is_compared_layer_by_layer(config: dict[str, Any], tmp_path: Path) -> None:
    publish(tmp_path, config)
    parity = compared(tmp_path, memory_bytes=1, length=120)
    assert parity.windows > config.get("n_layer", 2)
    assert parity.difference < 1e-4


def stored_weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(torch.load(folder / "pytorch_model.bin", weights_only=True))


def test_codeparrot_is_saved_with_a_head_that_is_tied_and_in_two_pickles(tmp_path: Path) -> None:
    model = publish(tmp_path, CODEPARROT, "bin")
    weights = stored_weights(tmp_path) | {"lm_head.weight": torch.zeros(VOCABULARY, 32)}
    files = {name: f"pytorch_model-0000{1 + i % 2}-of-00002.bin" for i, name in enumerate(weights)}
    for file in set(files.values()):
        torch.save({name: weights[name] for name in weights if files[name] == file}, tmp_path / file)
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": files}))
    assert difference(reference_logits(tmp_path, tokens(9)), their_logits(model, tokens(9))) < 1e-5
    assert compared(tmp_path, length=50).difference < 1e-4


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (GPT2, ["transformer.h.0.attn.bias", "transformer.h.0.attn.masked_bias"]),
        (CODEGEN, ["transformer.h.0.attn.causal_mask", "transformer.h.0.attn.masked_bias"]),
        (GPT_NEO, ["transformer.h.0.attn.attention.bias", "transformer.h.0.attn.attention.masked_bias"]),
        (GPT_NEOX, [f"gpt_neox.layers.0.attention.{x}" for x in ("bias", "masked_bias", "rotary_emb.inv_freq")]),
        (XGLM, ["model.embed_positions.weights"]),
    ],
    ids=lambda value: value["model_type"] if isinstance(value, dict) else "",
)
def test_buffers_of_older_checkpoints_are_of_no_account(
    config: dict[str, Any], names: list[str], tmp_path: Path
) -> None:
    publish(tmp_path, config, "bin")
    save(
        tmp_path, stored_weights(tmp_path) | {name: torch.ones(1, 1, 8, 8, dtype=torch.uint8) for name in names}, "bin"
    )
    assert compared(tmp_path, length=20).difference < 1e-4


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name: str, tmp_path: Path) -> None:
    model = publish(tmp_path, GPT2 | {"activation_function": name})
    assert difference(reference_logits(tmp_path, tokens(9)), their_logits(model, tokens(9))) < 1e-5
    assert compared(tmp_path, length=20).difference < 1e-4


def test_openai_published_the_decoder_alone(tmp_path: Path) -> None:
    model = publish(tmp_path, GPT2, "bin")
    save(tmp_path, {name.removeprefix("transformer."): w for name, w in stored_weights(tmp_path).items()}, "bin")
    assert difference(reference_logits(tmp_path, tokens(9)), their_logits(model, tokens(9))) < 1e-5
    assert compared(tmp_path, length=50).difference < 1e-4


def test_codegen2_names_its_number_of_parts_in_its_own_code(tmp_path: Path) -> None:
    model = publish(tmp_path, CODEGEN | {"n_head": 8, "rotary_dim": 4}, "bin")
    weights = stored_weights(tmp_path)
    for name in (name for name in weights if name.endswith("qkv_proj.weight")):
        in_four = weights[name].view(4, 3, 2, 8, 64)  # part, (q, v, k), head, row, column
        weights[name] = in_four.transpose(1, 2).reshape(192, 64).clone()  # one head a part
    save(tmp_path, weights, "bin")
    edit(tmp_path, auto_map={"AutoModelForCausalLM": "modeling_codegen.CodeGenForCausalLM"})
    with pytest.raises(ModelError, match=r"put its modeling_codegen.py into the folder"):
        compared(tmp_path)
    (tmp_path / "modeling_codegen.py").write_text("        # TPU-v3\n        mp_num = 8\n")
    assert difference(reference_logits(tmp_path, tokens(9)), their_logits(model, tokens(9))) < 1e-5
    assert compared(tmp_path, length=50).difference < 1e-4


def test_transformers_5_writes_rope_parameters(tmp_path: Path) -> None:
    published = publish(tmp_path / "published", GPT_NEOX)
    rope = {"partial_rotary_factor": 0.5, "rope_theta": 5000.0, "rope_type": "default"}
    without = {key: value for key, value in GPT_NEOX.items() if not key.startswith("rotary")}
    publish(tmp_path / "saved again", without | {"rope_parameters": rope})
    ids = tokens(60)
    assert difference(reference_logits(tmp_path / "saved again", ids), their_logits(published, ids)) < 1e-5
    assert compared(tmp_path / "saved again", length=120).difference < 1e-4


def test_starcoder2_is_exact_within_one_window_and_not_beyond(tmp_path: Path) -> None:
    publish(tmp_path, STARCODER2)
    assert compared(tmp_path, length=80).difference < 1e-4
    assert compared(tmp_path, length=120).difference > 1e-2


def edit(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("config", "changes", "message"),
    [
        (GPT2, {"attention_head_type": "multiquery"}, "take the same model as published for gpt_bigcode"),
        (GPT2, {"add_cross_attention": True}, "add_cross_attention is set"),
        (GPT2, {"activation_function": "mish"}, "activation_function is 'mish'; only 'gelu' or"),
        (GPT2, {"n_head": 3}, "is 32, which 3 heads cannot share"),
        (GPT2, {"n_embd": 64}, r"wte.weight has shape \[96, 32\], config.json says \[96, 64\]"),
        (STARCODER2, {"norm_type": "rms_norm"}, "norm_type is 'rms_norm'"),
        (STARCODER2, {"rope_scaling": {"type": "yarn", "factor": 4.0}}, "rope_scaling is 'yarn'"),
        (GPTJ, {"rotary_dim": None}, "rotary_dim is missing"),
        (CODEGEN, {"n_head": 2}, "n_head is 2, expected a multiple of 4"),
        (GPT_NEO, {"attention_types": [[["local", "global"], 1]]}, "begins with 'local'"),
        (GPT_NEO, {"attention_types": [[["global"], 1]]}, "'global' or 'local' for each of 2 layers"),
        (GPT_NEO, {"attention_types": [[["global", "local"], 10**12]]}, "'global' or 'local' for each of 2 layers"),
        (GPT_NEO, {"attention_types": [3]}, "is not a list of kinds of layers"),
        (GPT_NEO, {"attention_layers": ["global", "global"]}, "contradicts attention_types"),
        (GPT_NEOX, {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, "rope_scaling is 'dynamic'"),
    ],
)
def test_what_cannot_be_converted_is_refused(
    config: dict[str, Any], changes: dict[str, object], message: str, tmp_path: Path
) -> None:
    publish(tmp_path, config)
    edit(tmp_path, **changes)
    with pytest.raises(ModelError, match=message):
        compared(tmp_path)


def test_a_bias_that_config_json_does_not_know_of_is_left_over(tmp_path: Path) -> None:
    publish(tmp_path, GPT_NEOX)
    edit(tmp_path, attention_bias=False)
    checkpoint = open_checkpoint(tmp_path)
    weights = Weights(checkpoint)
    recognise(checkpoint.config).build(Config(tmp_path, checkpoint.config), weights)
    assert "gpt_neox.layers.0.attention.dense.bias" in weights.leftovers()


def test_a_missing_bias_or_head_is_named(tmp_path: Path) -> None:
    publish(tmp_path, GPTJ, "bin")
    whole = stored_weights(tmp_path)
    for name in ("transformer.h.1.mlp.fc_in.bias", "lm_head.bias", "lm_head.weight"):
        save(tmp_path, {each: weight for each, weight in whole.items() if each != name}, "bin")
        with pytest.raises(ModelError, match=f"lacks the tensor {name}"):
            compared(tmp_path)
