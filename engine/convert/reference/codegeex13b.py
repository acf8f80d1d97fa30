"""CodeGeeX-13B, written from the published codegeex/torch/codegeex_model.py; its fast GELU is x·sigmoid(1.702x)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.convert.checkpoint import Checkpoint
from engine.convert.config import Config
from engine.convert.reference.blocks import (
    Layer,
    Reference,
    attend,
    layer_norm,
    linear,
    project,
    read_rows,
    read_tensor,
    split_heads,
)

if TYPE_CHECKING:
    from torch import Tensor

AT = "module.language_model."
EPSILON = 1e-5


def reference(config: Config, checkpoint: Checkpoint) -> Reference:
    """Return the reference: the ordinary layers, then the top-query layer as the last."""
    import torch

    ordinary, width = config.integer("num_layers"), config.integer("hidden_size")
    heads = config.integer("num_attention_heads", default=max(1, width // 128))
    embeddings = AT + "embedding.word_embeddings.weight"

    def embed(ids: Tensor) -> Tensor:
        return read_rows(checkpoint, embeddings, ids) + _positions(AT + "embedding.position_embeddings.weight", ids)

    def _positions(name: str, ids: Tensor) -> Tensor:
        return checkpoint.read(name, 0, len(ids)).float()

    def layer(index: int) -> Layer:
        is_top = index == ordinary
        at = AT + ("transformer.topQueryLayer." if is_top else f"transformer.layers.{index}.")

        def pair(name: str) -> tuple[Tensor, Tensor]:
            return read_tensor(checkpoint, f"{at}{name}.weight"), read_tensor(checkpoint, f"{at}{name}.bias")

        norm_1, norm_2 = pair("input_layernorm"), pair("post_attention_layernorm")
        w_q, w_k, w_v, w_out = (pair(f"attention.{name}") for name in ("query", "key", "value", "dense"))
        w_up, w_down = pair("mlp.dense_h_to_4h"), pair("mlp.dense_4h_to_h")

        def step(x: Tensor) -> Tensor:
            if is_top:  # the final norm replaces the residual stream
                final = AT + "transformer.final_layernorm."
                x = layer_norm(
                    x, read_tensor(checkpoint, final + "weight"), read_tensor(checkpoint, final + "bias"), EPSILON
                )
            normed = layer_norm(x, *norm_1, EPSILON)
            queries = normed
            if is_top:  # the queries come from the position alone, and are not normed
                queries = checkpoint.read(AT + "topQueryEmbedding.top_query_embeddings.weight", 0, len(x)).float()
            q, k, v = (split_heads(linear(y, *w), heads) for y, w in ((queries, w_q), (normed, w_k), (normed, w_v)))
            x = x + linear(attend(q, k, v, (width // heads) ** -0.5), *w_out)
            up = linear(layer_norm(x, *norm_2, EPSILON), *w_up)
            return x + linear(up * torch.sigmoid(1.702 * up), *w_down)

        return step

    return Reference(ordinary + 1, embed, layer, lambda x: project(x, checkpoint, embeddings))
