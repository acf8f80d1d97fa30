"""GPT-2 and CodeParrot: learned positions, `Conv1D` weights; CodeParrot divides scores by the layer's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.families.gpt_like import (
    EPSILON,
    Ends,
    LayerWeights,
    activation,
    affine,
    conv1d,
    gpt_decoder,
    positions,
    read_sizes,
    set_layer,
)
from engine.convert.family import Family
from engine.convert.reference.gpt2 import reference
from engine.convert.tensors import Weights

if TYPE_CHECKING:
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    import numpy as np

    # SantaCoder's first publication: GPT-2 by name, with code of its own.
    if config.table.get("attention_head_type") == "multiquery":
        raise config.fault("attention_head_type", "is 'multiquery'; take the same model as published for gpt_bigcode")
    sizes = read_sizes(config)
    # OpenAI's own checkpoints are of the decoder alone.
    root = "" if "wte.weight" in weights else "transformer."
    spec = gpt_decoder(
        config,
        weights,
        sizes,
        Ends(root + "wte", root + "ln_f", "lm_head", tied=True, positions=root + "wpe"),
        epsilon=config.number("layer_norm_epsilon", default=EPSILON),
        activation=activation(config, "activation_function", "gelu_new"),
    )
    decoder, width, inner = spec.decoder, sizes.width, sizes.inner
    scale = sizes.head**-0.5 if config.flag("scale_attn_weights", default=True) else 1.0
    by_layer = config.flag("scale_attn_by_inverse_layer_idx", default=False)
    for index, layer in enumerate(decoder.layer):
        at = f"{root}h.{index}."
        layer.self_attention.queries_scale = np.float32(scale / (index + 1) if by_layer else scale)
        set_layer(
            layer,
            LayerWeights(
                norm_1=affine(weights, at + "ln_1", width),
                qkv=conv1d(weights, at + "attn.c_attn", 3 * width, width),
                out=conv1d(weights, at + "attn.c_proj", width, width),
                norm_2=affine(weights, at + "ln_2", width),
                up=conv1d(weights, at + "mlp.c_fc", inner, width),
                down=conv1d(weights, at + "mlp.c_proj", width, inner),
            ),
        )
    return spec


FAMILY = Family("gpt2", ("gpt2",), build, reference, positions)
