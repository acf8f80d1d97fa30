"""GPT-Neo: scores are not scaled, and every other layer attends within a window only.

CTranslate2's own window is exact only token by token (see starcoder2), and here it is too short to be the context. But
relative positions (Shaw et al. 2018) can express it: each head of a local layer gets a few more channels, of which the
first is 1 in Q and 0 in K and V, and the key of the relative position "as far as the window or farther" is so low there
that nothing of what is farther passes the softmax.

The price is paid during prefill: CTranslate2 stores a key for each pair of tokens, tokens² · head width · 4 bytes, a
layer at a time. That is 0.6 GB for 1024 tokens and 2.3 GB for 2048 with heads of 128.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.convert.config import Config
from engine.convert.families.gpt_like import Affine, GptDecoder, Layout, Sizes, join_projections, positions
from engine.convert.family import Family
from engine.convert.reference.gpt_neo import reference
from engine.convert.tensors import Rows, Weights, computed_rows, rows_of

if TYPE_CHECKING:
    from ctranslate2.specs.attention_spec import MultiHeadAttentionSpec
    from ctranslate2.specs.transformer_spec import TransformerDecoderModelSpec

WINDOW = 256
# Added to a score; a power of two that float16 holds.
HIDDEN = -(2.0**15)
# One would be enough; eight keep a head's width a multiple of what vector units process.
MORE_CHANNELS = 8


LAYOUT = Layout(
    embeddings="transformer.wte",
    positions="transformer.wpe",
    norm="transformer.ln_f",
    head="lm_head",
    tied=True,
    layer="transformer.h.{}.",
    norm_1="ln_1",
    norm_2="ln_2",
    qkv=("attn.attention.q_proj", "attn.attention.k_proj", "attn.attention.v_proj"),
    qkv_bias=False,
    out="attn.attention.out_proj",
    up="mlp.c_fc",
    down="mlp.c_proj",
    activation=("activation_function", "gelu_new"),
    epsilon="layer_norm_epsilon",
)


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    import numpy as np

    decoder, local = GptDecoder(LAYOUT, config, weights), _local_layers(config)
    spec = decoder.spec()
    for index, layer in enumerate(spec.decoder.layer):
        qkv, out = decoder.projections(index), decoder.out(index)
        if local[index]:
            window = config.integer("window_size", default=WINDOW)
            layer.self_attention = _windowed(decoder.sizes, min(window, positions(config)))
            qkv, out = _widened(decoder.sizes, qkv, out)
        layer.self_attention.queries_scale = np.float32(1.0)
        decoder.set_layer(layer, index, join_projections(qkv), out)
    return spec


def _local_layers(config: Config) -> list[bool]:
    """Return for each layer whether it has the window. `attention_types` is a list of (kinds, count).

    Some checkpoints repeat this as `attention_layers`, one kind for each layer.
    """
    layers, published = config.integer("num_layers"), config.table.get("attention_types")
    kinds: list[Any] = []
    try:
        for group, times in published or []:
            kinds += list(group) * min(times, layers + 1)
    except (TypeError, ValueError):
        raise config.fault("attention_types", "is not a list of kinds of layers with counts") from None
    if len(kinds) != layers or not all(kind in ("global", "local") for kind in kinds):
        raise config.fault("attention_types", f"is not 'global' or 'local' for each of {layers} layers")
    if kinds[0] == "local":
        # CTranslate2 drops the position embeddings if its first layer handles positions itself.
        raise config.fault(
            "attention_types", "begins with 'local'; only models whose first layer is 'global' can be converted"
        )
    if (config.table.get("attention_layers") or kinds) != kinds:
        raise config.fault("attention_layers", "contradicts attention_types")
    return [kind == "local" for kind in kinds]


def _windowed(sizes: Sizes, window: int) -> MultiHeadAttentionSpec:
    import torch
    from ctranslate2.specs import attention_spec

    channels = sizes.head + MORE_CHANNELS
    spec = attention_spec.MultiHeadAttentionSpec(self_attention=True, relative_position=True, head_dim=channels)
    del spec.relative_position_values
    # Row 0: `window` tokens back or more; row `window`: the token itself; the rows after it are never used.
    keys = torch.zeros(2 * window + 1, channels)
    keys[0, sizes.head] = HIDDEN
    spec.relative_position_keys = rows_of(keys)
    return spec


def _widened(sizes: Sizes, qkv: list[Affine], out: Affine) -> tuple[list[Affine], Affine]:
    """Return the projections with `MORE_CHANNELS` in each head, which only the bias of Q fills and nothing reads."""
    import torch

    heads, channels = sizes.heads, sizes.head + MORE_CHANNELS

    def taller(rows: Rows) -> Rows:
        def make() -> Any:
            by_head = rows.whole().view(heads, sizes.head, sizes.width)
            return torch.nn.functional.pad(by_head, (0, 0, 0, MORE_CHANNELS)).flatten(0, 1)

        return computed_rows((heads * channels, sizes.width), rows.dtype, make)

    def read(first: int, last: int) -> Any:
        by_head = out[0].read(first, last).view(last - first, heads, sizes.head)
        return torch.nn.functional.pad(by_head, (0, MORE_CHANNELS)).flatten(1)

    query_bias = torch.zeros(3, heads, channels)
    query_bias[0, :, sizes.head] = 1.0
    biases = [rows_of(each) for each in query_bias.flatten(1)]
    widened: list[Affine] = [(taller(weight), bias) for (weight, _), bias in zip(qkv, biases, strict=True)]
    return widened, (Rows((sizes.width, heads * channels), out[0].dtype, read), out[1])


FAMILY = Family("gpt_neo", ("gpt_neo",), build, reference, positions)
