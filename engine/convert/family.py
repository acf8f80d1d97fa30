"""What the converter knows of a family of models, and how it is told from the files."""

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


# Of the largest models there are about 126 and 262144: what is far beyond them is no model, and would fill the memory
# before a single tensor was looked for.
MAX_LAYERS = 1024
MAX_VOCABULARY = 2**22


@dataclass(frozen=True)
class Family:
    """`build` makes the CTranslate2 decoder, `reference` the torch model it is compared with.

    The two read the checkpoint each on its own: what one gets wrong, the other shows. `model_types` are the values of
    config.json's `model_type`. `context_length` is in tokens, what the conversion is exact for.
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
    """A decoder of CTranslate2 without weights. `structure` goes to `TransformerDecoderModelSpec.from_config`.

    `multi_query`: all heads share one key and value, and are together as wide as the layer.

    Raises `ModelError` for numbers that no model has.
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
    # Only a default: the daemon names the tokens that end an answer with each request.
    end = str(end) if isinstance(end, int) and 0 <= end < vocabulary else "0"
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = end
    return spec


def set_multi_query(spec: TransformerDecoderModelSpec) -> None:
    """Lets CTranslate2 keep the key and value that all heads share once, where it would keep them for each head.

    Its engine reads the attribute (`src/layers/attention_layer.cc`); its specifications no longer have it. What is
    copied at every token, and kept of a prompt, becomes as many times smaller as there are heads. It takes heads that
    together are as wide as the layer, and ends the process where they are not.
    """
    import numpy as np

    for layer in spec.decoder.layer:
        vars(layer.self_attention)["multi_query"] = np.int8(1)  # specifications admit no new attribute


def set_linear(spec: LinearSpec, weight: Rows, bias: Rows | None = None) -> None:
    spec.weight = weight
    if bias is not None:
        spec.bias = bias


def set_norm(spec: LayerNormSpec, gamma: Rows, beta: Rows | None = None) -> None:
    spec.gamma = gamma
    if beta is not None:
        spec.beta = beta


def set_gated_mlp(spec: FeedForwardSpec, gate_and_up: Rows, down: Rows) -> None:
    """A gated MLP without biases, whose gate and up projection are published below one another."""
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
    """The output projection: the embeddings where the checkpoint ties them, else the tensor of this name.

    `tied` is what a family takes for granted where config.json does not say; None goes by the tensors at hand.
    """
    absent = name not in weights
    if config.flag("tie_word_embeddings", default=absent if tied is None else tied):
        weights.ignore(name)
        spec.decoder.projection.weight = Alias("decoder/embeddings/weight")
    else:
        spec.decoder.projection.weight = weights.take(name, *shape)


def one_window(config: Config, whole: int) -> int:
    """The context length of a windowed model. Within its window a layer sees every token, as plain attention does.

    CTranslate2's own `sliding_window` is exact only while it decodes: a long prompt is cut into pieces of one window,
    whose tokens see all of the piece before. `whole` is the length where config.json names no window.
    """
    return min(whole, config.integer("sliding_window", default=whole))
