"""CodeGeeX-13B's files: one PyTorch file or several model-parallel parts, and no config.json.

The parts are those of the published convert_ckpt_parallel.py: `mp_rank_00_model_states.pt` and so on, each with its
share of the rows or the columns of most matrices (Shoeybi et al. 2019). The configuration follows from the shapes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.convert.checkpoint import Checkpoint, Entry, TensorFile, open_tensor_files
from engine.convert.tensors import Rows, stack_rows
from engine.types import ModelError

if TYPE_CHECKING:
    from torch import Tensor

MATRIX = 2  # dimensions
MODULE = "module."
TOP_QUERY = MODULE + "language_model.topQueryEmbedding.top_query_embeddings.weight"
WORDS = MODULE + "language_model.embedding.word_embeddings.weight"
LAYER = re.compile(r"transformer\.layers\.(\d+)\.")
PART = re.compile(r"mp_rank_(\d+)")
BY_COLUMNS = ("attention.dense.weight", "mlp.dense_4h_to_h.weight")
WHOLE = ("layernorm.weight", "layernorm.bias", "dense.bias", "dense_4h_to_h.bias", "position_embeddings.weight")


def open_codegeex13b(folder: Path, paths: Sequence[Path]) -> Checkpoint | None:
    """Return the checkpoint of these PyTorch files, or None if they hold something else."""
    files = open_tensor_files(_in_order(folder, paths))
    joined = JoinedFile(files)
    if TOP_QUERY not in joined.entries or WORDS not in joined.entries:
        return None
    if any(len(joined.entries[name].shape) != MATRIX for name in (TOP_QUERY, WORDS)):
        raise ModelError(f"{folder}: the embeddings are not matrices; download the checkpoint again")
    layers = {int(match[1]) for name in joined.entries if (match := LAYER.search(name))}
    if not layers or layers != set(range(len(layers))):
        raise ModelError(f"{folder}: layers are missing; there are {sorted(layers)}; download the checkpoint again")
    vocabulary, width = joined.entries[WORDS].shape
    config: dict[str, Any] = {
        "model_type": "codegeex",
        "num_layers": len(layers),
        "hidden_size": width,
        "padded_vocab_size": vocabulary,
        "max_position_embeddings": joined.entries[TOP_QUERY].shape[0],
    }
    return Checkpoint(folder, config, (joined,), dict.fromkeys(joined.entries, joined))


def _in_order(folder: Path, paths: Sequence[Path]) -> list[Path]:
    ranks = {int(match[1]): path for path in paths if (match := PART.search(path.name))}
    if not ranks:
        return list(paths)
    if set(ranks) != set(range(len(ranks))):
        raise ModelError(f"{folder}: only the model-parallel parts {sorted(ranks)} are here; download the others")
    return [ranks[rank] for rank in sorted(ranks)]


@dataclass(frozen=True)
class JoinedFile:
    """Parallel parts as one file. A single file is its own only part. Names are those of the published `module`."""

    parts: tuple[TensorFile, ...]
    entries: Mapping[str, Entry] = field(init=False)
    _own: Mapping[str, str] = field(init=False, repr=False)  # published name -> name in the parts

    def __post_init__(self) -> None:
        names = [name for name in self.parts[0].entries if "language_model." in name]
        object.__setattr__(self, "entries", {_published(name): self._joined(name) for name in names})
        object.__setattr__(self, "_own", {_published(name): name for name in names})

    def read(self, name: str, first: int, last: int) -> Tensor:
        import torch

        own = self._own[name]
        if self._is_whole(own):
            return self.parts[0].read(own, first, last)
        if own.endswith(BY_COLUMNS):
            return torch.cat([part.read(own, first, last) for part in self.parts], 1)
        rows = [Rows(part.entries[own].shape, part.entries[own].dtype, partial(part.read, own)) for part in self.parts]
        return stack_rows(rows).read(first, last)

    def _is_whole(self, name: str) -> bool:
        return len(self.parts) == 1 or name.endswith(WHOLE)

    def _joined(self, name: str) -> Entry:
        if lacking := [number for number, part in enumerate(self.parts) if name not in part.entries]:
            raise ModelError(f"model-parallel part {lacking[0]} lacks {name}; download it again")
        entry = self.parts[0].entries[name]
        if self._is_whole(name):
            return entry
        shapes = [part.entries[name].shape for part in self.parts]
        along = 1 if name.endswith(BY_COLUMNS) else 0
        others = {shape[:along] + shape[along + 1 :] for shape in shapes}
        if len(others) != 1 or len(shapes[0]) <= along:
            raise ModelError(f"the model-parallel parts of {name} do not fit together; download them again")
        joined = list(shapes[0])
        joined[along] = sum(shape[along] for shape in shapes)
        return Entry(tuple(joined), entry.dtype)


def _published(name: str) -> str:
    return name if name.startswith(MODULE) else MODULE + name
