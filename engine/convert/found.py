"""Finds models that other programs have put on this machine: Ollama, LM Studio, llama.cpp, and a hub's cache.

Only names and the beginnings of files are read. Nothing here is trusted: a digest that is not one leads nowhere.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.convert.gguf.header import read_strings
from engine.types import ModelError

DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
OLLAMA_MODEL = "application/vnd.ollama.image.model"
MAX_MANIFEST_BYTES = 2**20
MAX_FOUND = 1000
ARCHITECTURE = "general.architecture"


@dataclass(frozen=True)
class FoundModel:
    """A model on this machine that is not installed here."""

    name: str  # as its program calls it
    program: str
    path: Path  # a GGUF file, or the folder of a checkpoint
    architecture: str = ""  # of a GGUF file
    fault: str = ""  # why it cannot be read

    @property
    def model_name(self) -> str:
        """Return a name for the converted model."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")


def find_models(home: Path, environment: Mapping[str, str] = os.environ) -> list[FoundModel]:
    """Return the models that lie where other programs keep them, by program and name."""
    cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    found = [
        *_ollama(
            [
                Path(environment.get("OLLAMA_MODELS") or home / ".ollama" / "models"),
                Path("/usr/share/ollama/.ollama/models"),
            ]
        ),
        *_gguf_files("LM Studio", home / ".lmstudio" / "models"),
        *_gguf_files("LM Studio", cache / "lm-studio" / "models"),
        *_gguf_files("llama.cpp", Path(environment.get("LLAMA_CACHE") or cache / "llama.cpp")),
        *_hub(Path(environment.get("HF_HOME") or cache / "huggingface") / "hub"),
    ]
    return sorted(found, key=lambda model: (model.program, model.name))


def _ollama(roots: list[Path]) -> Iterator[FoundModel]:
    for root in roots:
        manifests = root / "manifests"
        for path in _files(manifests, "*"):
            *space, model, tag = path.relative_to(manifests).parts[1:] or ("", "")
            owner = "".join(f"{each}/" for each in space if each != "library")
            name = f"{owner}{model}:{tag}"
            digest = _model_digest(path)
            blob = root / "blobs" / f"sha256-{digest}"
            if not digest or not blob.is_file():
                yield FoundModel(name, "Ollama", path, fault="its file of weights is missing; pull it again")
            else:
                yield _described(name, "Ollama", blob)


def _model_digest(manifest: Path) -> str:
    """Return the checksum of the weights that a manifest names; "" if it names none."""
    try:
        if manifest.stat().st_size > MAX_MANIFEST_BYTES:
            return ""
        table = json.loads(manifest.read_text(encoding="utf-8"))
        layers = [layer for layer in table["layers"] if layer["mediaType"] == OLLAMA_MODEL]
        digest = DIGEST.fullmatch(layers[0]["digest"])
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
    return digest[1] if digest else ""


def _gguf_files(program: str, folder: Path) -> Iterator[FoundModel]:
    """Yield GGUF files; of a split model the first one."""
    for path in _files(folder, "*.gguf"):
        if not re.search(r"-(?!00001)\d{5}-of-\d{5}\.gguf$", path.name) and not path.name.startswith("mmproj"):
            yield _described(path.stem, program, path)


def _hub(folder: Path) -> Iterator[FoundModel]:
    for repository in sorted(folder.glob("models--*")):
        name = repository.name.removeprefix("models--").replace("--", "/")
        for snapshot in sorted(repository.glob("snapshots/*"))[-1:]:
            if (snapshot / "config.json").is_file() and any(snapshot.glob("*.safetensors")):
                yield FoundModel(name, "hub", snapshot)
            else:
                yield from _gguf_files("hub", snapshot)


def _described(name: str, program: str, path: Path) -> FoundModel:
    try:
        strings = read_strings(path, {ARCHITECTURE})
    except (OSError, ModelError) as fault:
        return FoundModel(name, program, path, fault=str(fault))
    return FoundModel(name, program, path, strings.get(ARCHITECTURE, ""))


def _files(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(path for path in folder.rglob(pattern) if path.is_file())[:MAX_FOUND]
    except OSError:  # a folder that may not be read
        return []
