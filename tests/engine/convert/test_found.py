"""Models of other programs are found by the files that those keep, and a file that is missing is named."""

from __future__ import annotations

import json
from pathlib import Path

from engine.convert.found import find_models
from tests.engine.convert.checkpoints import publish
from tests.engine.convert.gguf_files import write_gguf
from tests.engine.convert.test_gguf import CODE_LLAMA, open_checkpoint

NO_ENVIRONMENT = {"PATH": ""}
HEX = "0" * 64


def manifest(home: Path, name: str, digest: str) -> None:
    path = home / ".ollama" / "models" / "manifests" / "registry.ollama.ai" / name
    path.parent.mkdir(parents=True)
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": digest}
    path.write_text(json.dumps({"schemaVersion": 2, "layers": [layer]}))


def test_what_each_program_keeps_is_found(tmp_path: Path) -> None:
    publish(tmp_path / "published", CODE_LLAMA)
    file = write_gguf(tmp_path / "x.gguf", "llama", open_checkpoint(tmp_path / "published")).read_bytes()
    manifest(tmp_path, "library/qwen2.5-coder/1.5b", f"sha256:{HEX}")
    for path in (
        ".ollama/models/blobs/sha256-" + HEX,
        ".lmstudio/models/some/repo/code.gguf",
        ".cache/llama.cpp/big-00001-of-00002.gguf",
        ".cache/llama.cpp/big-00002-of-00002.gguf",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(file)
    found = find_models(tmp_path, NO_ENVIRONMENT)
    assert [(each.program, each.name, each.architecture, each.fault) for each in found] == [
        ("LM Studio", "code", "llama", ""),
        ("Ollama", "qwen2.5-coder:1.5b", "llama", ""),
        ("llama.cpp", "big-00001-of-00002", "llama", ""),
    ]
    assert found[1].model_name == "qwen2.5-coder-1.5b"


def test_a_manifest_without_its_weights_says_so(tmp_path: Path) -> None:
    manifest(tmp_path, "library/gone/latest", f"sha256:{HEX}")
    manifest(tmp_path, "library/odd/latest", "sha256:../../../secret")
    assert ["missing" in each.fault for each in find_models(tmp_path, NO_ENVIRONMENT)] == [True, True]
