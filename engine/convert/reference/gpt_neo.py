"""GPT-Neo (Black et al. 2021): GPT-2 whose scores are not scaled, with a window in every other layer."""

from __future__ import annotations

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.reference.blocks import Layer, Reference
from engine.convert.reference.gpt_like import Ends, Names, Shape, activation, gpt_layer, separate_projections

NAMES = Names("ln_1", "attn.attention.out_proj", "mlp.c_fc", "mlp.c_proj", norm_2="ln_2")
ENDS = Ends("transformer.wte", "transformer.ln_f", "lm_head", tied=True, positions="transformer.wpe")


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    heads = config.integer("num_heads")
    epsilon = config.number("layer_norm_epsilon", default=1e-5)
    function = activation(config.text("activation_function", default="gelu_new"))
    kinds = config.table.get("attention_layers") or [
        kind for kinds, times in config.table["attention_types"] for kind in kinds * times
    ]

    def layer(index: int) -> Layer:
        at = f"transformer.h.{index}."
        window = config.integer("window_size", default=256) if kinds[index] == "local" else None
        attention = separate_projections(checkpoint, at + "attn.attention.", heads)
        return gpt_layer(checkpoint, at, NAMES, Shape(function, epsilon, 1.0, window=window), attention)

    return Reference(
        config.integer("num_layers"), ENDS.embed(checkpoint), layer, ENDS.logits(config, checkpoint, epsilon)
    )
