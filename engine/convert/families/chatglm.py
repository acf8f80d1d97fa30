"""ChatGLM2/3 (CodeGeeX2) and GLM-4 (CodeGeeX4) in the layout their authors publish, `transformer.encoder.layers`.

RMSNorm before attention and MLP, grouped KV heads, rotary positions on the first half of each head with interleaved
pairs, SwiGLU whose first half is gated, bias on QKV only. After the published modeling_chatglm.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import DEFAULT_ROPE_BASE, Config
from engine.convert.family import Family, decoder_spec, set_gated_mlp, set_head, set_linear, set_norm
from engine.convert.reference.chatglm import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

# The settings of a checkpoint for which this conversion is exact.
REQUIRED = {
    "rmsnorm": True,
    "post_layer_norm": True,
    "multi_query_attention": True,
    "add_qkv_bias": True,
    "add_bias_linear": False,
    "apply_residual_connection_post_layernorm": False,
    "original_rope": True,
    "pre_seq_len": None,
    "quantization_bit": 0,
}


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    from ctranslate2.specs import common_spec

    for key, accepted in REQUIRED.items():
        config.require(key, accepted)
    layers, width, heads = (config.integer(key) for key in ("num_layers", "hidden_size", "num_attention_heads"))
    groups, head, inner = (config.integer(key) for key in ("multi_query_group_num", "kv_channels", "ffn_hidden_size"))
    vocabulary = config.integer("padded_vocab_size")
    spec = decoder_spec(
        config,
        layers,
        heads,
        vocabulary,
        config.number("layernorm_epsilon"),
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=head // 2,
        rotary_interleave=True,
        rotary_base=DEFAULT_ROPE_BASE * config.number("rope_ratio", default=1.0),
        num_heads_kv=groups,
        multi_query=groups == 1 and heads * head == width,
        head_dim=head,
    )
    decoder = spec.decoder
    decoder.embeddings.weight = weights.take("transformer.embedding.word_embeddings.weight", vocabulary, width)
    set_norm(decoder.layer_norm, weights.take("transformer.encoder.final_layernorm.weight", width))
    set_head(spec, config, weights, "transformer.output_layer.weight", vocabulary, width, tied=False)
    qkv = (heads + 2 * groups) * head
    for index, layer in enumerate(decoder.layer):
        at = f"transformer.encoder.layers.{index}."
        set_norm(layer.self_attention.layer_norm, weights.take(at + "input_layernorm.weight", width))
        set_linear(
            layer.self_attention.linear[0],
            weights.take(at + "self_attention.query_key_value.weight", qkv, width),
            weights.take(at + "self_attention.query_key_value.bias", qkv),
        )
        set_linear(
            layer.self_attention.linear[1], weights.take(at + "self_attention.dense.weight", width, heads * head)
        )
        set_norm(layer.ffn.layer_norm, weights.take(at + "post_attention_layernorm.weight", width))
        gate_and_up = weights.take(at + "mlp.dense_h_to_4h.weight", 2 * inner, width)
        set_gated_mlp(layer.ffn, gate_and_up, weights.take(at + "mlp.dense_4h_to_h.weight", width, inner))
    return spec


FAMILY = Family("chatglm", ("chatglm",), build, reference, lambda config: config.integer("seq_length"))
