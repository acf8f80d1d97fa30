"""A family of models: how it is recognised, loaded and compared. Helpers for loaders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.reference.blocks import Reference
from engine.convert.tensors import Alias, Rows, Weights

if TYPE_CHECKING:
    from ctranslate2.specs.common_spec import LayerNormSpec, LinearSpec
    from ctranslate2.specs.transformer_spec import FeedForwardSpec, TransformerDecoderModelSpec


# The largest models have about 126 layers and 262144 tokens. Numbers far beyond them describe no model, and would fill
# the memory before a single tensor is read.
MAX_LAYERS = 1024
MAX_VOCABULARY = 2**22


@dataclass(frozen=True)
class Family:
    """`build` returns the CTranslate2 decoder, `reference` the torch model that it is compared with.

    They read the checkpoint independently: a mistake in one shows in the comparison. `model_types` are the values of
    config.json's `model_type`. `context_length` is the number of tokens for which the conversion is exact.
    """

    name: str
    model_types: tuple[str, ...]
    build: Callable[[Config, Weights], TransformerDecoderModelSpec]
    reference: Callable[[Config, Checkpoint], Reference]
    context_length: Callable[[Config], int]


def decoder_spec(
    config: Config,
    layers: int,
    heads: int,
    vocabulary: int,
    epsilon: float,
    *,
    multi_query: bool = False,
    **structure: object,
) -> TransformerDecoderModelSpec:
    """Return a decoder of CTranslate2 without weights. `structure` goes to `TransformerDecoderModelSpec.from_config`.

    `multi_query`: all heads share one key and value, and are together as wide as the layer. Raises `ModelError` for
    numbers that no model has.
    """
    from ctranslate2.specs import transformer_spec

    if layers > MAX_LAYERS:
        raise config.fault("the number of layers", f"is {layers}, expected at most {MAX_LAYERS}")
    if vocabulary > MAX_VOCABULARY:
        raise config.fault("the size of the vocabulary", f"is {vocabulary}, expected at most {MAX_VOCABULARY}")
    if heads % int(str(structure.get("num_heads_kv", heads))):
        raise config.fault(
            "the number of KV heads", f"is {structure['num_heads_kv']}, which {heads} heads cannot share"
        )
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(layers, heads, **{"pre_norm": True, **structure})
    if multi_query:
        set_multi_query(spec)
    spec.decoder.scale_embeddings = False
    spec.config.layer_norm_epsilon = epsilon
    spec.register_vocabulary([str(i) for i in range(vocabulary)])
    end = config.table.get("eos_token_id")
    # Only a default: the daemon names the tokens that end an answer in each request.
    end = str(end) if isinstance(end, int) and 0 <= end < vocabulary else "0"
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = end
    return spec


def set_multi_query(spec: TransformerDecoderModelSpec) -> None:
    """Make CTranslate2 store the key and value that all heads share once, instead of once for each head.

    Its engine reads the attribute (`src/layers/attention_layer.cc`); its specifications no longer have it. What is
    copied at every token, and kept of a prompt, becomes smaller by the number of heads. The heads must be together as
    wide as the layer: otherwise CTranslate2 ends the process.
    """
    import numpy as np

    for layer in spec.decoder.layer:
        vars(layer.self_attention)["multi_query"] = np.int8(1)  # specifications allow no new attribute


def set_linear(spec: LinearSpec, weight: Rows, bias: Rows | None = None) -> None:
    spec.weight = weight
    if bias is not None:
        spec.bias = bias


def set_norm(spec: LayerNormSpec, gamma: Rows, beta: Rows | None = None) -> None:
    spec.gamma = gamma
    if beta is not None:
        spec.beta = beta


def set_gated_mlp(spec: FeedForwardSpec, gate_and_up: Rows, down: Rows) -> None:
    """Set a gated MLP without biases. `gate_and_up` holds the gate, then the up projection."""
    inner = gate_and_up.shape[0] // 2
    set_linear(spec.linear_0, gate_and_up.cut(0, inner))
    set_linear(spec.linear_0_noact, gate_and_up.cut(inner, 2 * inner))
    set_linear(spec.linear_1, down)


def set_head(
    spec: TransformerDecoderModelSpec,
    config: Config,
    weights: Weights,
    name: str,
    *shape: int,
    tied: bool | None = None,
) -> None:
    """Set the output projection: the embeddings if the checkpoint ties them, else the tensor of this name.

    `tied` is the family's default if config.json has no such key; None decides by the tensors that exist.
    """
    absent = name not in weights
    if config.flag("tie_word_embeddings", default=absent if tied is None else tied):
        weights.ignore(name)
        spec.decoder.projection.weight = Alias("decoder/embeddings/weight")
    else:
        spec.decoder.projection.weight = weights.take(name, *shape)


def one_window(config: Config, whole: int) -> int:
    """Return the context length of a windowed model. Within its window a layer sees every token, as in plain attention.

    CTranslate2's own `sliding_window` is exact only while it decodes: a long prompt is processed in pieces of one
    window, whose tokens see all of the previous piece. `whole` is the length if config.json has no window.
    """
    return min(whole, config.integer("sliding_window", default=whole))
