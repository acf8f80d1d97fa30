"""Opens a published checkpoint: a folder with config.json, or CodeGeeX-13B's PyTorch files, which have none."""

from __future__ import annotations

from pathlib import Path

from engine.convert.checkpoint import Checkpoint, open_with_config, tensor_paths
from engine.convert.model_parallel import open_codegeex13b
from engine.types import ModelError

WEIGHT_SUFFIXES = frozenset({".safetensors", ".bin", ".pt", ".pth"})


def open_checkpoint(path: Path) -> Checkpoint:
    """Open a checkpoint. `path` is its folder, or one file of CodeGeeX-13B. Raises `ModelError`."""
    if path.is_file():
        if path.suffix not in WEIGHT_SUFFIXES:
            raise ModelError(f"{path} is not a file of weights; give the folder that holds the checkpoint's files")
        folder, paths = path.parent, [path]
    elif path.is_dir():
        folder, paths = path, tensor_paths(path)
    else:
        raise ModelError(f"{path} does not exist; give the folder that holds the checkpoint's files")
    if not (folder / "config.json").is_file() and all(each.suffix != ".safetensors" for each in paths):
        checkpoint = open_codegeex13b(folder, paths)
        if checkpoint is not None:
            return checkpoint
    return open_with_config(folder, paths)
