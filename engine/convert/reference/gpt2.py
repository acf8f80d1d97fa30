"""GPT-2 (Radford et al. 2019), and CodeParrot, whose scores are divided by the layer's number.

The latter is after Mistral's stable training of GPT-2 (Karamcheti et al. 2021).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.reference.blocks import Layer, Reference, read_tensor
from engine.convert.reference.gpt_like import Ends, Names, Shape, activation, gpt_layer, split_thirds

if TYPE_CHECKING:
    from torch import Tensor

NAMES = Names("ln_1", "attn.c_proj", "mlp.c_fc", "mlp.c_proj", norm_2="ln_2")


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    heads, width = config.integer("n_head"), config.integer("n_embd")
    epsilon = config.number("layer_norm_epsilon", default=1e-5)
    function = activation(config.text("activation_function", default="gelu_new"))
    root = "transformer." if "transformer.wte.weight" in checkpoint else ""

    ends = Ends(root + "wte", root + "ln_f", "lm_head", tied=True, positions=root + "wpe")

    def layer(index: int) -> Layer:
        at = f"{root}h.{index}."
        scale = (width // heads) ** -0.5 if config.flag("scale_attn_weights", default=True) else 1.0
        if config.flag("scale_attn_by_inverse_layer_idx", default=False):
            scale /= 1 + index
        attention = split_thirds(_conv1d(checkpoint, at + "attn.c_attn"), heads)
        return gpt_layer(checkpoint, at, NAMES, Shape(function, epsilon, scale), attention, _conv1d)

    return Reference(config.integer("n_layer"), ends.embed(checkpoint), layer, ends.logits(config, checkpoint, epsilon))


def _conv1d(checkpoint: Checkpoint, name: str) -> Callable[[Tensor], Tensor]:
    """Return a projection whose weight is stored as [in, out]."""
    weight, bias = read_tensor(checkpoint, name + ".weight"), read_tensor(checkpoint, name + ".bias")
    return lambda x: x @ weight + bias
