"""Llama and its relatives: Code Llama, DeepSeek-Coder, Mistral and Codestral, Qwen 2, 2.5 and 3, CodeGemma.

RMSNorm before attention and MLP, rotary positions on the halves of each head, grouped KV heads, a gated MLP. A
`_Variant` holds the differences between the families that are not in config.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from engine.convert.config import Config, Rope, read_rope
from engine.convert.family import Family, decoder_spec, one_window, set_head, set_linear, set_norm
from engine.convert.reference.llama import gemma_reference, llama_reference, mistral_reference, qwen_reference
from engine.convert.tensors import Weights, stack_rows

if TYPE_CHECKING:
    import numpy as np
    from ctranslate2.specs.common_spec import LayerNormSpec, LinearSpec
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

# "dynamic" changes nothing up to max_position_embeddings, which is the context length. Yarn and longrope need a factor
# for each dimension, which CTranslate2 keeps in the model's numeric type: half precision is too coarse for that.
ROPE_SCALINGS = ("default", "linear", "dynamic", "llama3")
REQUIRED = {"hidden_act": ("silu",)}
GEMMA_REQUIRED = {
    # Google published "gelu" but trained with its approximation, which every implementation uses.
    "hidden_act": ("gelu_pytorch_tanh", "gelu"),
    "hidden_activation": ("gelu_pytorch_tanh",),
    "use_bidirectional_attention": (False,),
}


@dataclass(frozen=True)
class _Variant:
    """What config.json does not contain about a family.

    `…_bias`: whether those projections have one, or the key of config.json that tells. `head_norms`: RMSNorm of each
    head of Q and K. `gemma`: norms scale by 1 + weight, embeddings by the square root of their width, the gate is a
    GELU, and the head is tied by default.
    """

    qkv_bias: bool | str = False
    out_bias: bool | str = False
    mlp_bias: bool | str = False
    head_norms: bool = False
    gemma: bool = False


def build(variant: _Variant, config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    from ctranslate2.specs import attention_spec, common_spec

    for key, accepted in (GEMMA_REQUIRED if variant.gemma else REQUIRED).items():
        config.require(key, *accepted)
    layers, width = config.integer("num_hidden_layers"), config.integer("hidden_size")
    heads = config.integer("num_attention_heads")
    groups = config.integer("num_key_value_heads", default=heads)
    head, inner = config.integer("head_dim", default=width // heads), config.integer("intermediate_size")
    vocabulary = config.integer("vocab_size")
    rope = read_rope(config, ROPE_SCALINGS)
    if rope.share != 1.0:
        raise config.fault("partial_rotary_factor", f"is {rope.share}; only 1.0 can be converted in this family")
    slowed = _llama3(config, rope)
    kinds = attention_spec.RotaryScalingType
    spec = decoder_spec(
        config,
        layers,
        heads,
        vocabulary,
        config.number("rms_norm_eps"),
        activation=common_spec.Activation.GELUTanh if variant.gemma else common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=head,
        rotary_interleave=False,
        rotary_base=rope.base,
        rotary_scaling_type={"linear": kinds.Linear, "llama3": kinds.Llama3}.get(rope.scaling),
        rotary_scaling_factor=rope.factor,
        num_heads_kv=groups,
        multi_query=groups == 1 and heads * head == width,
        head_dim=head,
        qk_norm=variant.head_norms,
    )

    def norm(spec: LayerNormSpec, name: str, size: int) -> None:
        set_norm(spec, weights.take(name + ".weight", size))
        if variant.gemma:
            spec.layer_norm_use_residual = True  # CTranslate2's name for 1 + gamma

    def linear(spec: LinearSpec, rows: Mapping[str, int], columns: int, *, biased: bool | str) -> None:
        """Set a linear layer to the named matrices, stacked; `rows` has the height of each."""
        weight = stack_rows([weights.take(name + ".weight", each, columns) for name, each in rows.items()])
        if isinstance(biased, str):
            biased = config.flag(biased, default=False)
        bias = stack_rows([weights.take(name + ".bias", each) for name, each in rows.items()]) if biased else None
        set_linear(spec, weight, bias)

    decoder = spec.decoder
    decoder.scale_embeddings = variant.gemma
    decoder.embeddings.weight = weights.take("model.embed_tokens.weight", vocabulary, width)
    norm(decoder.layer_norm, "model.norm", width)
    set_head(spec, config, weights, "lm_head.weight", vocabulary, width, tied=variant.gemma)
    for index, layer in enumerate(decoder.layer):
        at = f"model.layers.{index}."
        attention, ffn = layer.self_attention, layer.ffn
        norm(attention.layer_norm, at + "input_layernorm", width)
        qkv = {"q": heads * head, "k": groups * head, "v": groups * head}
        linear(
            attention.linear[0],
            {f"{at}self_attn.{x}_proj": rows for x, rows in qkv.items()},
            width,
            biased=variant.qkv_bias,
        )
        linear(attention.linear[1], {at + "self_attn.o_proj": width}, heads * head, biased=variant.out_bias)
        if variant.head_norms:
            norm(attention.q_norm, at + "self_attn.q_norm", head)
            norm(attention.k_norm, at + "self_attn.k_norm", head)
        vars(attention).update(slowed)
        norm(ffn.layer_norm, at + "post_attention_layernorm", width)
        linear(ffn.linear_0, {at + "mlp.gate_proj": inner}, width, biased=variant.mlp_bias)
        linear(ffn.linear_0_noact, {at + "mlp.up_proj": inner}, width, biased=variant.mlp_bias)
        linear(ffn.linear_1, {at + "mlp.down_proj": width}, inner, biased=variant.mlp_bias)
    return spec


def _llama3(config: Config, rope: Rope) -> dict[str, np.generic]:
    """Return what CTranslate2 reads for Llama 3.1's slower low frequencies; its own converter writes two of the
    four.
    """
    import numpy as np

    if rope.scaling != "llama3":
        return {}
    published = Config(config.folder, rope.table)
    return {
        "rotary_scaling_factor": np.float32(published.number("factor")),
        "rotary_low_freq_factor": np.float32(published.number("low_freq_factor")),
        "rotary_high_freq_factor": np.float32(published.number("high_freq_factor")),
        "original_max_position_embeddings": np.int32(published.integer("original_max_position_embeddings")),
    }


def _whole_context(config: Config) -> int:
    return config.integer("max_position_embeddings")


def _one_window(config: Config) -> int:
    return one_window(config, _whole_context(config))


def _qwen_context(config: Config) -> int:
    """Return the context length. Windows are off unless `use_sliding_window` is set, and below `max_window_layers`."""
    layers, kinds = config.integer("num_hidden_layers"), config.table.get("layer_types")
    first = config.table.get("max_window_layers", 0)
    if not isinstance(first, int) or not (kinds is None or (isinstance(kinds, list) and len(kinds) == layers)):
        raise config.fault("layer_types or max_window_layers", f"is not a list of {layers} kinds, or not a number")
    windowed = first < layers if kinds is None else "sliding_attention" in kinds
    on = config.flag("use_sliding_window", default=False) and windowed
    return _one_window(config) if on else _whole_context(config)


FAMILIES = (
    Family(
        "llama",
        ("llama",),
        partial(build, _Variant("attention_bias", "attention_bias", "mlp_bias")),
        llama_reference,
        _whole_context,
    ),
    Family("mistral", ("mistral",), partial(build, _Variant()), mistral_reference, _one_window),
    Family("qwen2", ("qwen2",), partial(build, _Variant(qkv_bias=True)), qwen_reference, _qwen_context),
    Family(
        "qwen3",
        ("qwen3",),
        partial(build, _Variant("attention_bias", "attention_bias", head_norms=True)),
        qwen_reference,
        _qwen_context,
    ),
    Family(
        "gemma",
        ("gemma",),
        partial(build, _Variant("attention_bias", "attention_bias", gemma=True)),
        gemma_reference,
        _whole_context,
    ),
)
