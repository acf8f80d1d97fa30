"""A synthetic model of 110 M parameters that says what the embedded one says: its weights, widened.

Random weights would babble, and what a replay measures hangs on what is said: where a line ends, whether a suggestion
is typed along. So the embedded model's numbers are put into its own shape at that size: 12 layers, 768 wide, 12 heads,
which share as many keys and values as its heads do. The new channels of the residual stream stay zero: new heads, new
inner units and new layers compute with random weights, and what they say is multiplied by zero.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.synthetic import publish_embedded
from engine.convert.config import Config
from engine.convert.families import recognise
from engine.convert.model_bin import write_model
from engine.convert.published import open_checkpoint
from engine.convert.tensors import Weights
from engine.model.catalog import EMBEDDED_FOLDER
from engine.model.folder import sha256_of

if TYPE_CHECKING:
    from torch import Tensor

LAYERS, WIDTH, HEADS, INNER = 12, 768, 12, 3232
NOISE = 0.02


def write_widened(folder: Path) -> int:
    """A model folder as int8; the number of parameters."""
    from safetensors.torch import load_file, save_file

    folder.mkdir(parents=True)
    published = folder / "published"
    publish_embedded(published)
    config = json.loads((published / "config.json").read_text())
    tensors = widened(load_file(published / "model.safetensors"), config)
    save_file(tensors, published / "model.safetensors", {"format": "pt"})
    # The mean square over twice as many channels is half as large; the norms' weights make up for the rest.
    config["layernorm_epsilon"] *= config["hidden_size"] / WIDTH
    shape = {"num_layers": LAYERS, "hidden_size": WIDTH, "num_attention_heads": HEADS, "ffn_hidden_size": INNER}
    config |= shape
    (published / "config.json").write_text(json.dumps(config))
    checkpoint = open_checkpoint(published)
    spec = recognise(checkpoint.config).build(Config(published, checkpoint.config), Weights(checkpoint))
    write_model(spec, folder, "int8", lambda _: None)
    shutil.copy(EMBEDDED_FOLDER / "tokenizer.json", folder)
    description = (EMBEDDED_FOLDER / "model.toml").read_text().partition("[files]")[0]
    names = ("model.bin", "config.json", "vocabulary.json", "tokenizer.json")
    sums = "\n".join(f'"{name}" = "{sha256_of(folder / name, lambda _: None)}"' for name in names)
    (folder / "model.toml").write_text(f"{description.replace('embedded-12m', 'widened-110m')}[files]\n{sums}\n")
    shutil.rmtree(published)
    return sum(tensor.numel() for tensor in tensors.values())


def widened(old: dict[str, Tensor], config: dict[str, Any]) -> dict[str, Tensor]:
    """The tensors of the larger model, under the same names."""
    import torch

    generator = torch.Generator().manual_seed(0)
    width, head = config["hidden_size"], config["kv_channels"]
    heads, known = config["num_attention_heads"], config["num_layers"]
    if config["multi_query_group_num"] != 1:  # heads that are added would take the place of others in their groups
        raise SystemExit("only a model whose heads share one key and value can be widened here")

    def noise(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator) * NOISE

    def norm(gamma: Tensor) -> Tensor:
        return torch.cat([gamma * (width / WIDTH) ** 0.5, torch.ones(WIDTH - width)])

    def placed(weight: Tensor, into: Tensor) -> Tensor:
        into[: weight.shape[0], : weight.shape[1]] = weight
        return into

    def rows(weight: Tensor, size: int) -> Tensor:
        """More rows of noise below, zero columns to the right of the old rows."""
        into = noise(size, WIDTH)
        into[: len(weight)] = 0
        return placed(weight, into)

    embedding = old["transformer.embedding.word_embeddings.weight"]
    new = {
        "transformer.embedding.word_embeddings.weight": placed(embedding, torch.zeros(len(embedding), WIDTH)),
        "transformer.encoder.final_layernorm.weight": norm(old["transformer.encoder.final_layernorm.weight"]),
    }
    for index in range(LAYERS):
        at = f"transformer.encoder.layers.{index}."
        attention, mlp = f"{at}self_attention.", f"{at}mlp."
        if index >= known:  # computes, and adds nothing
            new |= {
                f"{at}input_layernorm.weight": torch.ones(WIDTH),
                f"{attention}query_key_value.weight": noise(WIDTH + 2 * head, WIDTH),
                f"{attention}query_key_value.bias": torch.zeros(WIDTH + 2 * head),
                f"{attention}dense.weight": torch.zeros(WIDTH, WIDTH),
                f"{at}post_attention_layernorm.weight": torch.ones(WIDTH),
                f"{mlp}dense_h_to_4h.weight": noise(2 * INNER, WIDTH),
                f"{mlp}dense_4h_to_h.weight": torch.zeros(WIDTH, INNER),
            }
            continue
        queries, shared = old[f"{attention}query_key_value.weight"].split([heads * head, 2 * head])
        bias = old[f"{attention}query_key_value.bias"].split([heads * head, 2 * head])
        gate, up = old[f"{mlp}dense_h_to_4h.weight"].chunk(2)
        new |= {
            f"{at}input_layernorm.weight": norm(old[f"{at}input_layernorm.weight"]),
            f"{attention}query_key_value.weight": torch.cat([rows(queries, WIDTH), rows(shared, 2 * head)]),
            f"{attention}query_key_value.bias": torch.cat([bias[0], torch.zeros(WIDTH - len(bias[0])), bias[1]]),
            f"{attention}dense.weight": placed(old[f"{attention}dense.weight"], torch.zeros(WIDTH, WIDTH)),
            f"{at}post_attention_layernorm.weight": norm(old[f"{at}post_attention_layernorm.weight"]),
            f"{mlp}dense_h_to_4h.weight": torch.cat([rows(gate, INNER), rows(up, INNER)]),
            f"{mlp}dense_4h_to_h.weight": placed(old[f"{mlp}dense_4h_to_h.weight"], torch.zeros(WIDTH, INNER)),
        }
    return new
