"""A GGUF file as a `Checkpoint`, with the small files that its authors would publish next to it."""

from __future__ import annotations

from pathlib import Path

from engine.convert.checkpoint import Checkpoint
from engine.convert.gguf.architectures import published_form
from engine.convert.gguf.files import open_gguf
from engine.convert.gguf.tokenizer import write_tokenizer

SUFFIX = ".gguf"


def open_gguf_checkpoint(path: Path, folder: Path) -> Checkpoint:
    """Open a GGUF file, or all of a split model by one of its files. `folder` gets the tokenizer's files.

    Raises `ModelError` for a file that is damaged, or of which something cannot be converted.
    """
    model = open_gguf(path)
    config, tensors = published_form(model)
    ends = write_tokenizer(model.metadata, folder, path)
    named = {"eos_token_id": ends, "_name_or_path": str(model.metadata.get("general.name", ""))}
    owners = dict.fromkeys(tensors.entries, tensors)
    licence = model.metadata.get("general.license")
    return Checkpoint(
        path, {**config, **named}, (tensors,), owners, model.paths, licence if isinstance(licence, str) else ""
    )
