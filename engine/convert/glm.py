"""GLM-4 (CodeGeeX4) and ChatGLM2/3 (CodeGeeX2) in the published `chatglm` layout -> a CTranslate2 decoder.

Structure after the published modeling code: RMSNorm before attention and MLP, grouped KV heads, rotary positions on the
first half of each head with interleaved pairs, SwiGLU whose first half is gated, bias on QKV only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.types import ModelError

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec
    from torch import Tensor

ROPE_BASE = 10_000.0
# What a checkpoint must say of itself for this conversion to be exact.
EXPECTED = {
    "rmsnorm": True,
    "post_layer_norm": True,
    "multi_query_attention": True,
    "add_qkv_bias": True,
    "add_bias_linear": False,
    "apply_residual_connection_post_layernorm": False,
}


def build_spec(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> TransformerDecoderModelSpec:
    """`config`: the published config.json; `weights`: the published state dict, any float type.

    Tensors are cloned: CTranslate2 quantises in place and would corrupt those that are shared. Token *strings* are the
    decimal ids, because tokenizing happens outside. Raises `ModelError` for what CTranslate2 cannot express.
    """
    from ctranslate2.specs import common_spec, transformer_spec

    for key, expected in EXPECTED.items():
        if config.get(key, expected) != expected:
            raise ModelError(f"config.json: {key} is {config[key]!r}; only {expected!r} can be converted")
    head_dim = config["kv_channels"]
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        config["num_layers"],
        config["num_attention_heads"],
        pre_norm=True,
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=head_dim // 2,
        rotary_interleave=True,
        rotary_base=ROPE_BASE * (config.get("rope_ratio") or 1),
        num_heads_kv=config["multi_query_group_num"],
        head_dim=head_dim,
    )
    spec.config.layer_norm_epsilon = config["layernorm_epsilon"]

    def weight(name: str) -> Tensor:
        if name not in weights:
            raise ModelError(f"the checkpoint lacks {name}")
        return weights[name].float().clone().contiguous()

    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = weight("transformer.embedding.word_embeddings.weight")
    decoder.layer_norm.gamma = weight("transformer.encoder.final_layernorm.weight")
    decoder.projection.weight = weight("transformer.output_layer.weight")
    for index, layer in enumerate(decoder.layer):
        at = f"transformer.encoder.layers.{index}."
        layer.self_attention.layer_norm.gamma = weight(at + "input_layernorm.weight")
        layer.self_attention.linear[0].weight = weight(at + "self_attention.query_key_value.weight")
        layer.self_attention.linear[0].bias = weight(at + "self_attention.query_key_value.bias")
        layer.self_attention.linear[1].weight = weight(at + "self_attention.dense.weight")
        layer.ffn.layer_norm.gamma = weight(at + "post_attention_layernorm.weight")
        gate, up = weight(at + "mlp.dense_h_to_4h.weight").chunk(2, 0)
        layer.ffn.linear_0.weight, layer.ffn.linear_0_noact.weight = gate.clone(), up.clone()
        layer.ffn.linear_1.weight = weight(at + "mlp.dense_4h_to_h.weight")
    spec.register_vocabulary([str(i) for i in range(decoder.embeddings.weight.shape[0])])
    end = str(config["eos_token_id"])
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = end
    return spec


def save(spec: TransformerDecoderModelSpec, folder: Path, numeric_type: str | None) -> None:
    """Writes model.bin, config.json and the vocabulary; `numeric_type` None keeps float32."""
    folder.mkdir(parents=True, exist_ok=True)
    spec.validate()
    spec.optimize(quantization=numeric_type)
    spec.save(str(folder))
