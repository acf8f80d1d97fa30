"""GPT-J (Wang & Komatsuzaki 2021), and CodeGen (Nijkamp et al. 2022, 2023), which keeps Q, V and K part by part."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.reference.blocks import Layer, Reference, frequencies, rotate_pairs, split_heads
from engine.convert.reference.gpt_like import (
    Attention,
    Ends,
    Names,
    Shape,
    activation,
    gpt_layer,
    projection,
    separate_projections,
    with_rotary,
)

if TYPE_CHECKING:
    from torch import Tensor

NAMES = Names("ln_1", "attn.out_proj", "mlp.fc_in", "mlp.fc_out")
ENDS = Ends("transformer.wte", "transformer.ln_f", "lm_head", tied=False)


def gptj_reference(config: Config, checkpoint: Checkpoint) -> Reference:
    return _reference(config, checkpoint, lambda at, heads: separate_projections(checkpoint, at, heads))


def codegen_reference(config: Config, checkpoint: Checkpoint) -> Reference:
    """Return CodeGen's reference. The rows of `qkv_proj` are [part, (q, v, k), heads of the part, head width]."""
    parts = _parts(config)

    def attention(at: str, heads: int) -> Attention:
        fused = projection(checkpoint, at + "qkv_proj")

        def split(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            q, v, k = fused(x).view(len(x), parts, 3, -1).unbind(2)
            return tuple(split_heads(each.flatten(1), heads) for each in (q, k, v))

        return split

    return _reference(config, checkpoint, attention)


def _parts(config: Config) -> int:
    """Return the number of parts: four, unless the code published with a CodeGen2 checkpoint has another number."""
    if not config.table.get("auto_map"):
        return 4
    lines = (config.folder / "modeling_codegen.py").read_text(encoding="utf-8").splitlines()
    return next(int(line.partition("=")[2]) for line in lines if line.strip().startswith("mp_num ="))


def _reference(config: Config, checkpoint: Checkpoint, attention: Callable[[str, int], Attention]) -> Reference:
    heads, width = config.integer("n_head"), config.integer("n_embd")
    epsilon = config.number("layer_norm_epsilon", default=1e-5)
    rotate = partial(rotate_pairs, radians=frequencies(config.integer("rotary_dim"), 10_000.0))
    function = activation(config.text("activation_function", default="gelu_new"))
    shape = Shape(function, epsilon, (width // heads) ** -0.5, side_by_side=True)

    def layer(index: int) -> Layer:
        at = f"transformer.h.{index}."
        return gpt_layer(checkpoint, at, NAMES, shape, with_rotary(attention(at + "attn.", heads), rotate))

    return Reference(config.integer("n_layer"), ENDS.embed(checkpoint), layer, ENDS.logits(config, checkpoint, epsilon))
