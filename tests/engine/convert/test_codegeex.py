"""CodeGeeX's three generations: CTranslate2 says what the published checkpoint says, however it is laid out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.convert.config import Config
from engine.convert.families import codegeex13b
from engine.convert.model_parallel import open_codegeex13b
from engine.convert.parity import TOLERANCE
from engine.convert.published import open_checkpoint
from engine.types import ModelError
from tests.engine.convert.checkpoints import compared, reference_logits, tokens
from tests.engine.convert.codegeex import CHATGLM2, GLM4, codegeex13b_state, publish_chatglm, split_in_parts

WINDOW_BYTES = 1  # so little that every layer is compared alone


@pytest.mark.parametrize(
    "config", [CHATGLM2, GLM4, GLM4 | {"multi_query_group_num": 1}], ids=["CodeGeeX2", "CodeGeeX4", "one KV head"]
)
@pytest.mark.parametrize("memory_bytes", [2**30, WINDOW_BYTES], ids=["whole", "in windows"])
def test_the_published_chatglm_layout(tmp_path: Path, config: dict[str, object], memory_bytes: int) -> None:
    publish_chatglm(tmp_path, config)
    parity = compared(tmp_path, memory_bytes)
    assert parity.difference <= TOLERANCE
    assert parity.longest_prompt >= (2048 if parity.windows == 1 else 1024)
    assert (parity.windows > 1) is (memory_bytes == WINDOW_BYTES)


def test_codegeex4_in_transformers_own_layout_computes_the_same(tmp_path: Path) -> None:
    from transformers import GlmConfig, GlmForCausalLM

    theirs = GlmForCausalLM(
        GlmConfig(
            vocab_size=256, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, head_dim=16, rms_norm_eps=1.5625e-07, attention_bias=True,
            max_position_embeddings=4096, pad_token_id=0, eos_token_id=[3, 4],
        )
    ).eval()  # fmt: skip
    published = chatglm_as_native(publish_chatglm(tmp_path / "published", GLM4 | {"rope_ratio": 1}))
    theirs.load_state_dict(published)
    theirs.save_pretrained(tmp_path / "native")
    ids = tokens(40)
    with torch.no_grad():
        expected = theirs(torch.tensor([ids])).logits[0]
    assert torch.allclose(reference_logits(tmp_path / "published", ids), expected, atol=2e-5)
    assert torch.allclose(reference_logits(tmp_path / "native", ids), expected, atol=2e-5)
    assert compared(tmp_path / "native").difference <= TOLERANCE


def chatglm_as_native(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The renaming of the published conversion script."""
    renamed = {
        "transformer.embedding.word_embeddings": "model.embed_tokens",
        "transformer.output_layer": "lm_head",
        "transformer.encoder.final_layernorm": "model.norm",
        "transformer.encoder.layers": "model.layers",
        "self_attention.dense": "self_attn.o_proj",
        "mlp.dense_h_to_4h": "mlp.gate_up_proj",
        "mlp.dense_4h_to_h": "mlp.down_proj",
    }
    native = {}
    for name, tensor in weights.items():
        if "inv_freq" in name:
            continue
        for old, new in renamed.items():
            name = name.replace(old, new)  # noqa: PLW2901
        if "query_key_value" in name:
            for kind, part in zip("qkv", tensor.split([64, 32, 32]), strict=True):
                native[name.replace("self_attention.query_key_value", f"self_attn.{kind}_proj")] = part
        else:
            native[name] = tensor
    return native


@pytest.mark.parametrize(("key", "value"), [("rmsnorm", False), ("add_bias_linear", True), ("quantization_bit", 4)])
def test_a_chatglm_that_cannot_be_expressed(tmp_path: Path, key: str, value: object) -> None:
    publish_chatglm(tmp_path, GLM4 | {key: value})
    with pytest.raises(ModelError, match=rf"config.json: {key} is"):
        compared(tmp_path)


@pytest.mark.parametrize("memory_bytes", [2**30, WINDOW_BYTES], ids=["whole", "in windows"])
def test_codegeex13b_with_its_top_query_layer(tmp_path: Path, memory_bytes: int) -> None:
    torch.save(codegeex13b_state(2, 256, 256, 2048, 0.05), tmp_path / "codegeex_13b.pt")
    parity = compared(tmp_path, memory_bytes)
    assert parity.difference <= TOLERANCE
    assert parity.longest_prompt >= 1024


@pytest.mark.large
@pytest.mark.timeout(900)
def test_codegeex13b_at_its_real_width(tmp_path: Path) -> None:
    state = codegeex13b_state(1, 5120, 128, 128, 0.01)
    torch.save(state, tmp_path / "codegeex_13b.pt")
    del state
    parity = compared(tmp_path, memory_bytes=2**34)
    assert open_checkpoint(tmp_path).config["hidden_size"] == 40 * codegeex13b.HEAD_WIDTH
    assert parity.difference <= TOLERANCE


def test_codegeex13b_in_model_parallel_parts(tmp_path: Path) -> None:
    state = codegeex13b_state(2, 256, 128, 64, 0.05)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    torch.save(state, whole / "codegeex_13b.pt")
    for rank, part in enumerate(split_in_parts(state, 4)):
        torch.save(part, parts / f"mp_rank_{rank:02d}_model_states.pt")
    one, joined = open_checkpoint(whole), open_checkpoint(parts)
    assert set(one) == set(joined)
    assert one.config == joined.config
    for name in one:
        assert torch.equal(one.read(name), joined.read(name)), name
        assert torch.equal(one.read(name, 3, 40), joined.read(name, 3, 40)), name
    assert compared(parts).difference <= TOLERANCE


def test_a_model_parallel_part_is_missing(tmp_path: Path) -> None:
    for rank, part in enumerate(split_in_parts(codegeex13b_state(1, 128, 64, 16, 0.05), 4)):
        torch.save(part, tmp_path / f"mp_rank_{rank:02d}_model_states.pt")
    (tmp_path / "mp_rank_02_model_states.pt").unlink()
    with pytest.raises(ModelError, match=r"only the model-parallel parts \[0, 1, 3\] are here"):
        open_checkpoint(tmp_path)


def test_a_layer_is_missing(tmp_path: Path) -> None:
    state = codegeex13b_state(3, 128, 64, 16, 0.05)
    transformer = state["module"]["language_model"]["transformer"]
    for name in [name for name in transformer if name.startswith("layers.1.")]:
        del transformer[name]
    torch.save(state, tmp_path / "codegeex_13b.pt")
    with pytest.raises(ModelError, match=r"layers are missing; there are \[0, 2\]"):
        open_checkpoint(tmp_path)


def test_a_reference_that_disagrees_is_seen(tmp_path: Path) -> None:
    publish_chatglm(tmp_path, GLM4)
    right = compared(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    # The rotation's base is in no tensor's shape: only the comparison can tell that one side has it wrong.
    (tmp_path / "config.json").write_text(json.dumps(config | {"rope_ratio": 1}))
    wrong = Config(tmp_path, open_checkpoint(tmp_path).config)
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert right.holds
    assert not compared_with(tmp_path, wrong).holds


def compared_with(folder: Path, reference_config: Config):
    """The checkpoint's own conversion against a reference that reads another configuration."""
    from engine.convert.families import chatglm
    from engine.convert.parity import compare, sample_prompts
    from engine.convert.tensors import Weights

    checkpoint = open_checkpoint(folder)
    spec = chatglm.build(Config(folder, checkpoint.config), Weights(checkpoint))
    return compare(spec, chatglm.reference(reference_config, checkpoint), sample_prompts(tokens(50), 64), 2**30, folder)


def test_other_pytorch_files_are_no_codegeex13b(tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(2)}, tmp_path / "other.pt")
    assert open_codegeex13b(tmp_path, [tmp_path / "other.pt"]) is None
