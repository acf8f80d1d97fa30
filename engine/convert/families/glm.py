"""GLM-4 and CodeGeeX4 in transformers' own layout (`model_type` "glm"): chatglm's mathematics under other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config, read_rope
from engine.convert.family import Family, decoder_spec, set_gated_mlp, set_head, set_linear, set_norm
from engine.convert.reference.chatglm import native_reference
from engine.convert.tensors import Weights, stack_rows

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    from ctranslate2.specs import common_spec

    config.require("hidden_act", "silu")
    layers, width = config.integer("num_hidden_layers"), config.integer("hidden_size")
    heads, groups = config.integer("num_attention_heads"), config.integer("num_key_value_heads")
    head, inner = config.integer("head_dim", default=width // heads), config.integer("intermediate_size")
    vocabulary = config.integer("vocab_size")
    rope = read_rope(config, share=0.5)
    spec = decoder_spec(
        config,
        layers,
        heads,
        vocabulary,
        config.number("rms_norm_eps"),
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=int(head * rope.share),
        rotary_interleave=True,
        rotary_base=rope.base,
        num_heads_kv=groups,
        head_dim=head,
    )
    decoder = spec.decoder
    decoder.embeddings.weight = weights.take("model.embed_tokens.weight", vocabulary, width)
    set_norm(decoder.layer_norm, weights.take("model.norm.weight", width))
    set_head(spec, config, weights, "lm_head.weight", vocabulary, width)
    rows = {"q": heads * head, "k": groups * head, "v": groups * head}
    for index, layer in enumerate(decoder.layer):
        at = f"model.layers.{index}."
        set_norm(layer.self_attention.layer_norm, weights.take(at + "input_layernorm.weight", width))
        biased = config.flag("attention_bias", default=at + "self_attn.q_proj.bias" in weights)
        set_linear(
            layer.self_attention.linear[0],
            stack_rows([weights.take(f"{at}self_attn.{x}_proj.weight", rows[x], width) for x in "qkv"]),
            stack_rows([weights.take(f"{at}self_attn.{x}_proj.bias", rows[x]) for x in "qkv"]) if biased else None,
        )
        set_linear(layer.self_attention.linear[1], weights.take(at + "self_attn.o_proj.weight", width, heads * head))
        set_norm(layer.ffn.layer_norm, weights.take(at + "post_attention_layernorm.weight", width))
        gate_and_up = weights.take(at + "mlp.gate_up_proj.weight", 2 * inner, width)
        set_gated_mlp(layer.ffn, gate_and_up, weights.take(at + "mlp.down_proj.weight", width, inner))
    return spec


FAMILY = Family("glm", ("glm",), build, native_reference, lambda config: config.integer("max_position_embeddings"))
