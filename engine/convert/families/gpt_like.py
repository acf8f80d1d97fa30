"""What GPT's descendants share on CTranslate2's side: LayerNorm, a plain MLP, one matrix for Q, K and V."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.family import decoder_spec, set_head, set_linear, set_norm
from engine.convert.tensors import Rows, Weights, computed, stacked, transposed

if TYPE_CHECKING:
    from ctranslate2.specs.common_spec import Activation
    from ctranslate2.specs.transformer_spec import TransformerDecoderLayerSpec, TransformerDecoderModelSpec

# Published names of one and the same function -> CTranslate2's.
ACTIVATIONS = {
    "gelu": "GELU",
    "gelu_python": "GELU",
    "gelu_new": "GELUTanh",
    "gelu_fast": "GELUTanh",
    "gelu_pytorch_tanh": "GELUTanh",
    "quick_gelu": "GELUSigmoid",
    "relu": "RELU",
    "silu": "SWISH",
    "swish": "SWISH",
}
EPSILON = 1e-5
MLP_FACTOR = 4

# A weight [out, in] or [width] with its bias.
Affine = tuple[Rows, Rows | None]


@dataclass(frozen=True)
class Sizes:
    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int

    @property
    def head(self) -> int:
        return self.width // self.heads


def read_sizes(config: Config) -> Sizes:
    """Under any of the names that these families give them."""
    width, heads = (
        config.integer("n_embd", "hidden_size", "d_model"),
        config.integer("n_head", "num_attention_heads", "num_heads", "attention_heads"),
    )
    if width % heads:
        raise config.fault("hidden size", f"is {width}, which {heads} heads cannot share")
    return Sizes(
        config.integer("n_layer", "num_hidden_layers", "num_layers"),
        width,
        heads,
        config.integer("n_inner", "intermediate_size", "ffn_dim", default=MLP_FACTOR * width),
        config.integer("vocab_size"),
    )


def positions(config: Config) -> int:
    """What the model was made for, in tokens."""
    return config.integer("n_positions", "max_position_embeddings", "n_ctx")


def activation(config: Config, key: str, default: str) -> Activation:
    from ctranslate2.specs import common_spec

    config.require(key, *ACTIVATIONS)
    return common_spec.Activation[ACTIVATIONS[config.text(key, default=default)]]


def affine(weights: Weights, name: str, *shape: int, biased: bool = True) -> Affine:
    """A linear layer [out, in] or a norm [width]. The bias is demanded, not merely taken where there is one."""
    return weights.take(name + ".weight", *shape), weights.take(name + ".bias", shape[0]) if biased else None


def conv1d(weights: Weights, name: str, outputs: int, inputs: int) -> Affine:
    """GPT-2's `Conv1D`, which keeps its weight as [in, out]."""
    return transposed(weights.take(name + ".weight", inputs, outputs)), weights.take(name + ".bias", outputs)


def joined(parts: Sequence[Affine]) -> Affine:
    """Q, K and V, each published on its own, as the one matrix that CTranslate2 wants."""
    biases = [bias for _, bias in parts if bias is not None]
    return stacked([weight for weight, _ in parts]), stacked(biases) if biases else None


def ungrouped(of: Affine, heads: int) -> Affine:
    """Q, K and V one after another, where the checkpoint has them head by head: q, k, v of the first, of the next …"""
    return _ungrouped(of[0], heads), None if of[1] is None else _ungrouped(of[1], heads)


def _ungrouped(rows: Rows, heads: int) -> Rows:
    return computed(
        rows.shape,
        rows.dtype,
        lambda: rows.whole().view(heads, 3, -1, *rows.shape[1:]).transpose(0, 1).reshape(rows.shape),
    )


@dataclass(frozen=True)
class Ends:
    """What stands before and behind the layers, by name.

    `positions` are learned ones; `tied`: whether the head is the embeddings where config.json does not say.
    """

    embeddings: str
    norm: str
    head: str
    tied: bool
    positions: str | None = None


@dataclass(frozen=True)
class LayerWeights:
    """One layer. Without `norm_2` attention and MLP stand side by side behind `norm_1`."""

    norm_1: Affine
    qkv: Affine
    out: Affine
    up: Affine
    down: Affine
    norm_2: Affine | None = None


def gpt_decoder(
    config: Config,
    weights: Weights,
    sizes: Sizes,
    ends: Ends,
    *,
    epsilon: float,
    multi_query: bool = False,
    **structure: object,
) -> TransformerDecoderModelSpec:
    """A decoder whose layers are still empty; `structure` as in `decoder_spec`."""
    if config.flag("add_cross_attention", default=False):
        raise config.fault("add_cross_attention", "is set; only decoders that read nothing else can be converted")
    spec = decoder_spec(
        config,
        sizes.layers,
        sizes.heads,
        sizes.vocabulary,
        epsilon,
        multi_query=multi_query,
        **structure,
    )
    decoder = spec.decoder
    decoder.embeddings.weight = weights.take(ends.embeddings + ".weight", sizes.vocabulary, sizes.width)
    if ends.positions is not None:
        decoder.position_encodings.encodings = weights.take(ends.positions + ".weight", positions(config), sizes.width)
    set_norm(decoder.layer_norm, *affine(weights, ends.norm, sizes.width))
    set_head(spec, config, weights, ends.head + ".weight", sizes.vocabulary, sizes.width, tied=ends.tied)
    return spec


def set_layer(layer: TransformerDecoderLayerSpec, parts: LayerWeights) -> None:
    """Fills a layer of either structure, in a row or side by side."""
    if parts.norm_2 is None:
        set_norm(layer.shared_layer_norm, *parts.norm_1)
    else:
        side_by_side = hasattr(layer, "input_layer_norm")
        set_norm(layer.input_layer_norm if side_by_side else layer.self_attention.layer_norm, *parts.norm_1)
        set_norm(layer.post_attention_layer_norm if side_by_side else layer.ffn.layer_norm, *parts.norm_2)
    set_linear(layer.self_attention.linear[0], *parts.qkv)
    set_linear(layer.self_attention.linear[1], *parts.out)
    set_linear(layer.ffn.linear_0, *parts.up)
    set_linear(layer.ffn.linear_1, *parts.down)
