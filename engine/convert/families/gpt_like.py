"""What GPT's descendants share on CTranslate2's side: LayerNorm, a plain MLP, one matrix for Q, K and V.

A family is a `Layout`, the names of its parts, and a function that fills a `GptDecoder` by them and does whatever else
is particular to the family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.family import decoder_spec, set_head, set_linear, set_norm
from engine.convert.tensors import Rows, Weights, computed_rows, stack_rows, transpose

if TYPE_CHECKING:
    from ctranslate2.specs.common_spec import Activation
    from ctranslate2.specs.transformer_spec import TransformerDecoderLayerSpec, TransformerDecoderModelSpec

# Published names of functions -> CTranslate2's; several are the same function.
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
    """Read the sizes by any of the names that these families give them."""
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
    """Return the number of positions that the model was made for."""
    return config.integer("n_positions", "max_position_embeddings", "n_ctx")


def activation(config: Config, key: str, default: str) -> Activation:
    from ctranslate2.specs import common_spec

    config.require(key, *ACTIVATIONS)
    return common_spec.Activation[ACTIVATIONS[config.text(key, default=default)]]


def take_affine(weights: Weights, name: str, *shape: int, biased: bool = True) -> Affine:
    """Return a linear layer [out, in] or a norm [width]. Raises `ModelError` if a bias is expected and missing."""
    return weights.take(name + ".weight", *shape), weights.take(name + ".bias", shape[0]) if biased else None


def join_projections(parts: Sequence[Affine]) -> Affine:
    """Return Q, K and V as the one matrix that CTranslate2 expects."""
    biases = [bias for _, bias in parts if bias is not None]
    return stack_rows([weight for weight, _ in parts]), stack_rows(biases) if biases else None


def ungroup_heads(of: Affine, heads: int) -> Affine:
    """Return [Q | K | V] from a matrix that is stored head by head: q, k, v of the first, of the next …"""
    return _ungrouped(of[0], heads), None if of[1] is None else _ungrouped(of[1], heads)


def _ungrouped(rows: Rows, heads: int) -> Rows:
    return computed_rows(
        rows.shape,
        rows.dtype,
        lambda: rows.whole().view(heads, 3, -1, *rows.shape[1:]).transpose(0, 1).reshape(rows.shape),
    )


@dataclass(frozen=True)
class Layout:
    """What a family calls its parts and its settings.

    Names are those of modules, without ".weight" and ".bias". Whether there is a bias is fixed, or in a key of
    config.json (true by default).
    """

    embeddings: str
    norm: str  # after the last layer
    head: str
    layer: str  # the prefix of the names of a layer's parts, with {} for its index
    norm_1: str
    norm_2: str  # "": attention and MLP are parallel, both after `norm_1`
    qkv: tuple[str, ...]  # one matrix, or one each for Q, K and V
    out: str
    up: str
    down: str
    activation: tuple[str, str]  # its key in config.json, and the function if that is missing
    epsilon: str  # its key in config.json; "": `EPSILON`
    tied: bool  # whether the head is the embeddings if config.json does not say
    positions: str = ""  # learned position embeddings
    qkv_bias: bool | str = True
    out_bias: bool | str = True
    mlp_bias: bool | str = True
    head_bias: bool = False
    inputs_first: bool = False  # matrices are stored as [inputs, outputs], as by GPT-2's `Conv1D`


class GptDecoder:
    """Builds a decoder from a checkpoint, part by part."""

    def __init__(self, layout: Layout, config: Config, weights: Weights) -> None:
        self.layout, self.config, self.weights = layout, config, weights
        self.sizes = read_sizes(config)

    def spec(self, *, multi_query: bool = False, **structure: object) -> TransformerDecoderModelSpec:
        """Return a decoder with everything but its layers; `structure` as in `decoder_spec`."""
        layout, config, weights, sizes = self.layout, self.config, self.weights, self.sizes
        if config.flag("add_cross_attention", default=False):
            raise config.fault("add_cross_attention", "is set; only decoders that read nothing else can be converted")
        spec = decoder_spec(
            config,
            sizes.layers,
            sizes.heads,
            sizes.vocabulary,
            config.number(layout.epsilon, default=EPSILON) if layout.epsilon else EPSILON,
            multi_query=multi_query,
            activation=activation(config, *layout.activation),
            **structure,
        )
        decoder = spec.decoder
        decoder.embeddings.weight = weights.take(layout.embeddings + ".weight", sizes.vocabulary, sizes.width)
        if layout.positions:
            places = weights.take(layout.positions + ".weight", positions(config), sizes.width)
            decoder.position_encodings.encodings = places
        set_norm(decoder.layer_norm, *take_affine(weights, layout.norm, sizes.width))
        set_head(spec, config, weights, layout.head + ".weight", sizes.vocabulary, sizes.width, tied=layout.tied)
        if layout.head_bias:
            decoder.projection.bias = weights.take(layout.head + ".bias", sizes.vocabulary)
        return spec

    def set_layer(
        self, layer: TransformerDecoderLayerSpec, index: int, qkv: Affine | None = None, out: Affine | None = None
    ) -> None:
        """Fill a layer of any structure. `qkv` and `out` default to the checkpoint's own."""
        layout, sizes = self.layout, self.sizes
        if layout.norm_2:
            parallel = hasattr(layer, "input_layer_norm")
            norm_1 = layer.input_layer_norm if parallel else layer.self_attention.layer_norm
            set_norm(norm_1, *self._norm(index, layout.norm_1))
            norm_2 = layer.post_attention_layer_norm if parallel else layer.ffn.layer_norm
            set_norm(norm_2, *self._norm(index, layout.norm_2))
        else:
            set_norm(layer.shared_layer_norm, *self._norm(index, layout.norm_1))
        set_linear(layer.self_attention.linear[0], *(qkv or self.qkv(index)))
        set_linear(layer.self_attention.linear[1], *(out or self.out(index)))
        up = self._linear(index, layout.up, sizes.inner, sizes.width, layout.mlp_bias)
        set_linear(layer.ffn.linear_0, *up)
        down = self._linear(index, layout.down, sizes.width, sizes.inner, layout.mlp_bias)
        set_linear(layer.ffn.linear_1, *down)

    def qkv(self, index: int, groups: int | None = None) -> Affine:
        """Return Q, K and V of a layer as one matrix; K and V have `groups` heads, by default as many as Q."""
        return join_projections(self.projections(index, groups))

    def projections(self, index: int, groups: int | None = None) -> list[Affine]:
        """Return the same as published: one matrix or three."""
        width, head = self.sizes.width, self.sizes.head
        shared = self.sizes.heads * head if groups is None else groups * head
        rows = (width, shared, shared) if len(self.layout.qkv) > 1 else (width + 2 * shared,)
        named = zip(self.layout.qkv, rows, strict=True)
        return [self._linear(index, name, each, width, self.layout.qkv_bias) for name, each in named]

    def out(self, index: int) -> Affine:
        """Return the projection after attention."""
        return self._linear(index, self.layout.out, self.sizes.width, self.sizes.width, self.layout.out_bias)

    def _norm(self, index: int, name: str) -> Affine:
        return take_affine(self.weights, self.layout.layer.format(index) + name, self.sizes.width)

    def _linear(self, index: int, name: str, outputs: int, inputs: int, biased: bool | str) -> Affine:  # noqa: FBT001
        if isinstance(biased, str):
            biased = self.config.flag(biased, default=True)
        name = self.layout.layer.format(index) + name
        if not self.layout.inputs_first:
            return take_affine(self.weights, name, outputs, inputs, biased=biased)
        bias = self.weights.take(name + ".bias", outputs) if biased else None
        return transpose(self.weights.take(name + ".weight", inputs, outputs)), bias
