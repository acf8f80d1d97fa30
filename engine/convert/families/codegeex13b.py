"""CodeGeeX-13B in the layout its authors publish: nested dictionaries of a PyTorch file, whole or in parallel parts.

The ordinary layers map one to one: pre-LN, learned positions, x·sigmoid(1.702x), the output tied to the embeddings. The
top-query layer is built from stock layers in `top_query`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.config import Config
from engine.convert.families.top_query import TopQuery, top_query_layers
from engine.convert.family import Family, decoder_spec, set_linear, set_norm
from engine.convert.reference.codegeex13b import reference
from engine.convert.tensors import Alias, Rows, Weights, stack_rows

if TYPE_CHECKING:
    from ctranslate2.specs.common_spec import LayerNormSpec
    from ctranslate2.specs.transformer_spec import FeedForwardSpec, TransformerDecoderModelSpec

AT = "module.language_model."
EPSILON = 1e-5
HEAD_WIDTH = 128  # of the one published model; the shapes of a checkpoint do not determine it
MLP_FACTOR = 4


def build(config: Config, weights: Weights) -> TransformerDecoderModelSpec:
    from ctranslate2.specs import common_spec

    layers, width, heads, vocabulary, positions = _sizes(config)
    spec = decoder_spec(
        config,
        layers,
        heads,
        vocabulary,
        EPSILON,
        activation=common_spec.Activation.GELUSigmoid,
        no_final_norm=True,
    )
    decoder = spec.decoder
    decoder.embeddings.weight = weights.take(AT + "embedding.word_embeddings.weight", vocabulary, width)
    decoder.projection.weight = Alias("decoder/embeddings/weight")
    decoder.position_encodings.encodings = weights.take(AT + "embedding.position_embeddings.weight", positions, width)
    for index, layer in enumerate(decoder.layer):
        at = f"{AT}transformer.layers.{index}."
        _norm(layer.self_attention.layer_norm, weights, at + "input_layernorm", width)
        names = [f"{at}attention.{name}" for name in ("query", "key", "value")]
        set_linear(
            layer.self_attention.linear[0],
            stack_rows([weights.take(f"{name}.weight", width, width) for name in names]),
            stack_rows([weights.take(f"{name}.bias", width) for name in names]),
        )
        dense = f"{at}attention.dense"
        set_linear(
            layer.self_attention.linear[1],
            weights.take(f"{dense}.weight", width, width),
            weights.take(f"{dense}.bias", width),
        )
        _mlp(layer.ffn, weights, at, width)
    decoder.layer += top_query_layers(_top_query(weights, width, positions), heads)
    return spec


def _sizes(config: Config) -> tuple[int, int, int, int, int]:
    """Return the number of layers without the top one, width, heads, vocabulary, positions."""
    width = config.integer("hidden_size")
    return (
        config.integer("num_layers"),
        width,
        config.integer("num_attention_heads", default=max(1, width // HEAD_WIDTH)),
        config.integer("padded_vocab_size"),
        config.integer("max_position_embeddings"),
    )


def _norm(spec: LayerNormSpec, weights: Weights, name: str, width: int) -> None:
    set_norm(spec, weights.take(f"{name}.weight", width), weights.take(f"{name}.bias", width))


def _mlp(spec: FeedForwardSpec, weights: Weights, at: str, width: int) -> None:
    inner = MLP_FACTOR * width
    _norm(spec.layer_norm, weights, at + "post_attention_layernorm", width)
    up, down = at + "mlp.dense_h_to_4h", at + "mlp.dense_4h_to_h"
    set_linear(spec.linear_0, weights.take(f"{up}.weight", inner, width), weights.take(f"{up}.bias", inner))
    set_linear(spec.linear_1, weights.take(f"{down}.weight", width, inner), weights.take(f"{down}.bias", width))


def _top_query(weights: Weights, width: int, positions: int) -> TopQuery:
    from ctranslate2.specs import transformer_spec

    at = AT + "transformer.topQueryLayer."
    ffn = transformer_spec.FeedForwardSpec()
    _mlp(ffn, weights, at, width)

    def pair(name: str, *shape: int) -> tuple[Rows, Rows]:
        return weights.take(f"{name}.weight", *shape), weights.take(f"{name}.bias", width)

    return TopQuery(
        final_norm=pair(AT + "transformer.final_layernorm", width),
        queries=weights.take(AT + "topQueryEmbedding.top_query_embeddings.weight", positions, width),
        norm=pair(at + "input_layernorm", width),
        query=pair(at + "attention.query", width, width),
        key=pair(at + "attention.key", width, width),
        value=pair(at + "attention.value", width, width),
        dense=pair(at + "attention.dense", width, width),
        ffn=ffn,
    )


FAMILY = Family(
    "codegeex-13b", ("codegeex",), build, reference, lambda config: config.integer("max_position_embeddings")
)
